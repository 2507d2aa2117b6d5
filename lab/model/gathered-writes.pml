/* The write path of an api: requests that wait share one statement, which commits by itself.

   Commands  Each changes a row that is still as it was created: even ones by api A, odd ones by api B; 0 and 1 change
             row 0, 2 and 3 change row 1. With REFUSED the database refuses the last one (a constraint).
   Steps     read and decide, share a statement, be passed over and try alone, be answered:
             libs/service-kit/src/repository/{write-path,batches}.ts.
   Lost      When the response of a statement is lost, the api looks up whether its backend has ended and which events
             were written: libs/service-kit/src/database/write.ts. With KEY a client whose outcome is unknown repeats its
             request once, under its Idempotency-Key.

   Parameters: COMMANDS (2 to 4), STATEMENTS (at a time), FAULTS (in one run), and SYNC (a synchronous standby, failovers
   to it), KEY, REFUSED.

   Properties
   answer   Answered with 200: the command was carried out, and no failover can undo it.         (answerDone)
   no       Answered with 409, or 503 "nothing was changed": it was not carried out and never is. (answer, reveal)
   once     Each version of a row is written by one command, and each command once.              (reveal)
   refused  The database's refusal is the answer to its own command only.                        (answer)
   served   When nothing can happen any more, every command has been answered.                   (Everyone answered)
   progress With FAIR, every process that can continue does so eventually; then every command is answered in the end, if the
            api's patience with a look-up ends; here after the second time.                      (all_are_answered) */

#include "common.pml"

#define rowOf(c) ((c) / 2)
#ifdef REFUSED
#define isBad(c) ((c) == COMMANDS - 1)
#else
#define isBad(c) false
#endif

/* --- the database */
byte winner[2];      /* the command that changed the row, + 1 */
byte locked[2];      /* the statement that holds the row, + 1 */
byte done;           /* commands that were carried out: their events are in the outbox, their answers kept */
byte durable;        /* of these, those that no failover can undo */
byte life;           /* start of the server */

/* --- the commands */
#define NEW 0
#define READY 1      /* read and decided */
#define IN_FLIGHT 2
#define ALONE 3      /* passed over, or failed with its batch */
#define DONE 4       /* answers, from here on: 200 */
#define CONFLICT 5   /* 409 */
#define REFUSAL 6    /* the database's refusal */
#define NOTHING 7    /* 503, nothing was changed */
#define UNKNOWN 8    /* 503, outcome unknown */
byte at[COMMANDS];
byte repeated;

/* --- the statements */
#define FREE 0
#define ON_ITS_WAY 1
#define RUNNING 2    /* has locked and changed its rows */
#define COMMITTING 3 /* committed on the primary, waits for the standby */
#define OVER 4
typedef Statement {
  byte phase;
  byte asked;
  byte wrote;
  bit alone;
  bit refused;
  bit lost;          /* its connection */
  bit checked;       /* the api has asked whether its backend has ended */
  bit ended;
  bit left;          /* the api waits no longer */
  byte life;
}
Statement statement[STATEMENTS];
#define my statement[s]

#ifdef FAIR
bit hasAskedTwice[STATEMENTS];
#define losePatience hasAskedTwice[s] = 1;
#define beginPatient hasAskedTwice[s] = 0;
#else
#define losePatience
#define beginPatient
#endif
#if defined(FAIR) && !defined(BUG_ENDLESS_LOOK_UP)
#define andHasPatience && !hasAskedTwice[s]
#else
#define andHasPatience
#endif

inline confirmDurable() { durable = done }

inline answer(c, what) {
  assert(what == DONE || what == UNKNOWN || !has(done, c)); /* no */
  assert(what != REFUSAL || isBad(c));                     /* refused */
  at[c] = what;
}

inline answerDone(c) {
  assert(has(done, c) && has(durable, c)); /* answer */
  at[c] = DONE;
}

/* ---------------------------------------------------------------- a client and its command */

/* A statement that runs holds the locks of its keys: until then a repetition is answered 409, in use. */
#define holdsKey(s, c) (has(statement[s].wrote, c) && statement[s].phase < OVER)
#if STATEMENTS == 2
#define isKeyFree(c) (!holdsKey(0, c) && !holdsKey(1, c))
#else
#define isKeyFree(c) (!holdsKey(0, c) && !holdsKey(1, c) && !holdsKey(2, c))
#endif

proctype Client(byte c) {
end:
  do
  :: d_step { at[c] == NEW && has(done, c) ->
     printf("Command %d finds its kept answer, waits for the standby, and is answered 200.\n", c);
     confirmDurable(); answerDone(c); skip }
  :: d_step { at[c] == NEW && !has(done, c) && winner[rowOf(c)] == 0 ->
     printf("Command %d reads its row and decides.\n", c);
     at[c] = READY }
  :: d_step { at[c] == NEW && !has(done, c) && winner[rowOf(c)] != 0 ->
     printf("Command %d finds its row changed, and is answered 409.\n", c);
     answer(c, CONFLICT); skip }
#ifdef KEY
  :: d_step { at[c] == UNKNOWN && !has(repeated, c) && isKeyFree(c) ->
     printf("The client repeats command %d under its key.\n", c);
     repeated = plus(repeated, c); at[c] = NEW }
#endif
  od
}

/* ---------------------------------------------------------------- a statement */

#define areReady(set) ((!has(set, 0) || at[0] == READY) && (!has(set, 1) || at[1] == READY) \
  AND_2(set) AND_3(set))
#if COMMANDS > 2
#define AND_2(set) && (!has(set, 2) || at[2] == READY)
#else
#define AND_2(set) && !has(set, 2)
#endif
#if COMMANDS > 3
#define AND_3(set) && (!has(set, 3) || at[3] == READY)
#else
#define AND_3(set) && !has(set, 3)
#endif

inline send(set, isAlone) {
  my.phase = ON_ITS_WAY;
  my.asked = set;
  my.alone = isAlone;
  my.life = life;
  for (n : 0 .. COMMANDS - 1) {
    if
    :: has(set, n) -> at[n] = IN_FLIGHT
    :: else
    fi
  }
}

#define TOGETHER(set) \
  :: d_step { my.phase == FREE && areReady(set) -> \
     printf("Statement %d is sent for commands {%d}.\n", s, set); \
     send(set, 0); skip }
#define BY_ITSELF(c) \
  :: d_step { my.phase == FREE && at[c] == ALONE -> \
     printf("Statement %d is sent for command %d alone.\n", s, c); \
     send(bitOf(c), 1); skip }

#ifdef BUG_NO_CONDITION
#define isUnchanged(r) true
#else
#define isUnchanged(r) (winner[r] == 0)
#endif

/* A batch passes over locked rows; a command alone waits for them. */
#define mustWait (my.alone && ((has(my.asked, 0) && locked[0]) || (has(my.asked, 1) && locked[0]) || \
  (has(my.asked, 2) && locked[1]) || (has(my.asked, 3) && locked[1])))

inline execute() {
  my.phase = RUNNING;
  for (n : 0 .. COMMANDS - 1) {
    if
    :: has(my.asked, n) && isBad(n) -> my.refused = 1
    :: has(my.asked, n) && !isBad(n) && locked[rowOf(n)] == 0 && isUnchanged(rowOf(n)) ->
       my.wrote = plus(my.wrote, n);
       locked[rowOf(n)] = s + 1
    :: else
    fi
  }
  if
  :: my.refused -> unlock(s); my.wrote = 0; my.phase = OVER
  :: else
  fi
}

inline unlock(by) {
  for (k : 0 .. 1) {
    if
    :: locked[k] == by + 1 -> locked[k] = 0
    :: else
    fi
  }
}

/* Others see what statement `by` wrote. */
inline reveal(by) {
  for (n : 0 .. COMMANDS - 1) {
    if
    :: has(statement[by].wrote, n) ->
       assert(winner[rowOf(n)] == 0 && !has(done, n));                 /* once */
       assert(at[n] != CONFLICT && at[n] != NOTHING && at[n] != REFUSAL); /* no */
       winner[rowOf(n)] = n + 1;
       done = plus(done, n)
    :: else
    fi
  }
  unlock(by);
  statement[by].phase = OVER;
}

inline clear() {
  my.phase = FREE; my.asked = 0; my.wrote = 0; my.alone = 0; my.refused = 0;
  my.lost = 0; my.checked = 0; my.ended = 0; my.left = 0; my.life = 0;
  beginPatient
}

#define isOne(set) ((set) == 1 || (set) == 2 || (set) == 4 || (set) == 8)

/* What each command of the statement gets, when `written` is what was written. */
inline deliver(written) {
  for (n : 0 .. COMMANDS - 1) {
#ifdef BUG_ANSWER_TO_ANOTHER
    k = (isOne(my.asked) -> n : (n + 2) % 4);
#else
    k = n;
#endif
    if
    :: has(my.asked, n) && has(written, k) -> answerDone(n)
#ifdef BUG_REFUSAL_FAILS_BATCH
    :: has(my.asked, n) && my.refused -> answer(n, REFUSAL)
#else
    :: has(my.asked, n) && my.refused && isOne(my.asked) -> answer(n, REFUSAL)
    :: has(my.asked, n) && my.refused && !isOne(my.asked) -> at[n] = ALONE
#endif
    :: has(my.asked, n) && !has(written, k) && !my.refused && !my.alone -> at[n] = ALONE
    :: has(my.asked, n) && !has(written, k) && !my.refused && my.alone -> at[n] = NEW
    :: else
    fi
  }
}

inline answerAll(what) {
  for (n : 0 .. COMMANDS - 1) {
    if
    :: has(my.asked, n) -> answer(n, what)
    :: else
    fi
  }
}

/* A backend that waits for its client is terminated; one at work is not. */
inline checkEnded() {
  my.checked = 1;
  if
  :: my.phase == ON_ITS_WAY && my.life == life -> my.phase = OVER
#ifdef BUG_TERMINATES_WAITING_BACKENDS
  :: my.phase == RUNNING -> unlock(s); my.wrote = 0; my.phase = OVER
  :: my.phase == COMMITTING -> reveal(s)
#endif
  :: else
  fi;
  my.ended = (my.phase == OVER && my.life == life);
}

#ifdef BUG_LOST_BATCH_NOT_DONE
#define isFound (isOne(my.asked) && (my.asked & done))
#else
#define isFound (my.asked & done)
#endif

proctype StatementLoop(byte s) {
end:
  do
  TOGETHER(1)
  TOGETHER(2)
#if COMMANDS > 2
  TOGETHER(4)
  TOGETHER(5)
#endif
#if COMMANDS > 3
  TOGETHER(8)
  TOGETHER(10)
#endif
  BY_ITSELF(0)
  BY_ITSELF(1)
#if COMMANDS > 2
  BY_ITSELF(2)
#endif
#if COMMANDS > 3
  BY_ITSELF(3)
#endif
  /* the server */
  :: d_step { my.phase == ON_ITS_WAY && !mustWait ->
     printf("Statement %d runs.\n", s);
     execute(); skip }
  :: d_step { my.phase == ON_ITS_WAY && my.lost ->
     printf("Statement %d never reaches the server.\n", s);
     my.phase = OVER }
#ifdef SYNC
  :: d_step { my.phase == RUNNING ->
     printf("Statement %d commits, and waits for the standby.\n", s);
     my.phase = COMMITTING }
  :: d_step { my.phase == COMMITTING ->
     printf("The standby confirms statement %d.\n", s);
     reveal(s); confirmDurable(); skip }
#else
  :: d_step { my.phase == RUNNING ->
     printf("Statement %d commits.\n", s);
     reveal(s); confirmDurable(); skip }
#endif
  /* the api */
  :: d_step { my.phase == OVER && !my.lost ->
     printf("The response of statement %d arrives.\n", s);
     deliver(my.wrote); clear(); skip }
  :: d_step { my.phase != FREE && !my.lost && fault ->
     printf("The connection of statement %d is lost.\n", s);
     count_fault; my.lost = 1 }
#ifdef BUG_LOST_ANSWER_IS_NO
  :: d_step { my.lost && !my.left ->
     printf("The api answers 503, nothing was changed.\n");
     answerAll(NOTHING); my.left = 1 }
#else
  :: d_step { my.lost && !my.left && !my.checked ->
     printf("The api asks whether the backend of statement %d has ended.\n", s);
     checkEnded(); skip }
  :: d_step { my.lost && !my.left && my.checked && isFound ->
     printf("The api finds what statement %d wrote, and answers.\n", s);
     #ifndef BUG_TERMINATES_WAITING_BACKENDS
       confirmDurable();
#endif
       deliver((my.asked & done));
       my.left = 1 }
  :: d_step { my.lost && !my.left && my.checked && !isFound && my.ended ->
     printf("The api finds nothing of statement %d, and answers 503, nothing was changed.\n", s);
     answerAll(NOTHING); my.left = 1 }
  :: d_step { my.lost && !my.left && my.checked && !isFound && !my.ended andHasPatience ->
     printf("The api asks again about statement %d.\n", s);
     losePatience my.checked = 0 }
  :: d_step { my.lost && !my.left && my.checked && !isFound && !my.ended ->
     printf("The api gives up, and answers 503, outcome unknown.\n");
     answerAll(UNKNOWN); my.left = 1 }
#endif
  :: d_step { my.phase == OVER && my.left ->
     printf("Statement %d is over.\n", s);
     clear(); skip }
  od
}

/* ---------------------------------------------------------------- what happens to the server */

proctype Server() {
  byte s;
end:
  do
  :: d_step { fault ->
     printf("PostgreSQL crashes and recovers; commits that waited for the standby are shown.\n");
     count_fault;
       for (s : 0 .. STATEMENTS - 1) {
         if
         :: my.phase == ON_ITS_WAY || my.phase == RUNNING -> my.lost = 1; my.wrote = 0; unlock(s); my.phase = OVER
         :: my.phase == COMMITTING -> my.lost = 1; reveal(s)
         :: my.phase == OVER -> my.lost = 1
         :: else
         fi
       }
       s = 0 }
#ifdef SYNC
  :: d_step { fault ->
     printf("The standby is promoted.\n");
     count_fault;
       life++;
       for (s : 0 .. STATEMENTS - 1) {
         if
         :: my.phase != FREE -> my.lost = 1; my.wrote = 0; unlock(s); my.phase = OVER
         :: else
         fi
       }
       s = 0;
       for (n : 0 .. COMMANDS - 1) {
         if
         :: has(done, n) && !has(durable, n) -> done = minus(done, n); winner[rowOf(n)] = 0
         :: else
         fi
       }; skip }
#endif
  od
}

#define isAnswered(c) (at[c] >= DONE)
proctype EveryoneAnswered() {
#if COMMANDS == 2
  isAnswered(0) && isAnswered(1)
#elif COMMANDS == 3
  isAnswered(0) && isAnswered(1) && isAnswered(2)
#else
  isAnswered(0) && isAnswered(1) && isAnswered(2) && isAnswered(3)
#endif
}

#ifdef FAIR
#if COMMANDS == 2
ltl all_are_answered { <>[] (isAnswered(0) && isAnswered(1)) }
#else
ltl all_are_answered { <>[] (isAnswered(0) && isAnswered(1) && isAnswered(2)) }
#endif
#endif

init {
  atomic {
    byte i;
    for (i : 0 .. COMMANDS - 1) { run Client(i) }
    for (i : 0 .. STATEMENTS - 1) { run StatementLoop(i) }
    run Server();
    run EveryoneAnswered()
  }
}
