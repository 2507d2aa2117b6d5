/* The consumers of one queue, their inbox, the drain of the dead queue, and replays by an operator.

   Copies    A message may be in the queue more than once: copies 0 and 1 are message 0, and so on. With POISON, the last
             message cannot be handled by anyone (unknown version, or its handler always throws).
   Consumers take copies, enter the message ids into the inbox in their order, handle the new ones, commit, acknowledge:
             libs/messaging/src/consumer, src/inbox. A consumer whose broker connection is lost finishes its transaction
             while its messages are delivered to another.
   Drain     libs/messaging/src/dead-letters/drain.ts: stores, marks as tried, handles once, acknowledges.
   Replay    libs/messaging/src/dead-letters/replay.ts: outcome and effect in one transaction.
   Inbox     is pruned by retention (FORGETS); what the effect itself remembers (accepted_bookings) is not.

   Parameters: MESSAGES (1 to 3), COPIES (of each: 1 or 2), CONSUMERS (1 or 2), FAULTS (in one run), LIMIT (of deliveries),
   and POISON, FORGETS, REFUSING (the database refuses every message for a while), DELETED (the queue is deleted for a
   while; the reminder publishes again what was in it), SYNC (a synchronous standby, failovers to it).

   Properties
   once      A message has its effect once.                                              (commit)
   kept      A copy is acknowledged only when its message was handled or dead-lettered, and no failover can undo
             either.                                                                     (acknowledge)
   blameless A valid message is never dead-lettered because of another message or the database.    (keep)
   moves     A message goes back to the queue only because of a fault.                   (requeue)
   served    When nothing can happen any more, every valid message had its effect, and every other is a dead letter.
                                                                                         (Everything handled)
   progress  With FAIR, every process that can continue does so eventually; then it is so in the end. (all_are_handled) */

#include "common.pml"
#include "traces.pml"

#define ALL_COPIES (MESSAGES * COPIES)
#define ROWS ALL_COPIES
#include "rows.pml"
#define messageOf(c) ((c) / COPIES)
#if defined(TRACES)
#define isBad(m) bad
#elif defined(POISON)
#define isBad(m) ((m) == MESSAGES - 1)
#else
#define isBad(m) false
#endif

/* --- the broker */
#define UNPUBLISHED 0
#define READY 1
#define TAKEN 2      /* by consumer holder - 1 */
#define DEAD 3       /* in the dead queue */
#define DRAINING 4
#define GONE 5       /* acknowledged */
byte copy[ALL_COPIES];
byte holder[ALL_COPIES];
byte deliveries[ALL_COPIES];
bit isDeleted;
bit deadQueueAway;

/* --- the database */
byte inbox;          /* handled messages, until retention */
byte known;          /* what the effect remembers */
byte durable;        /* of these, what no failover can undo */
byte effect;         /* messages that had their effect */
byte entering[MESSAGES]; /* the transaction that has entered the id and not ended: 0 is none */
byte letters;        /* dead letters that are open, by message */
byte tried;          /* dead letters that the drain has marked */
bit refusing;

/* --- the consumers */
#define IDLE 0
#define ENTERING 1
#define HANDLED 2
#define COMMITTED 3
typedef Consumer {
  byte phase;
  byte batch;        /* copies */
  byte next;         /* the message to be entered next */
  byte fresh;        /* messages that this transaction entered */
  byte settled;      /* copies whose outcome is committed */
  bit attached;      /* it consumes from the queue */
#ifdef TRACES
  bit lost;          /* copies of its batch were lost with a connection */
#endif
}
Consumer consumer[CONSUMERS];
#define my consumer[c]

/* --- the drain: one copy at a time */
byte drain;          /* the copy, + 1 */
byte drainStep;      /* 1: taken, 2: stored, 3: marked as tried, 4: to be acknowledged */
byte replayTx;       /* the message that a replay handles, + 1 */

#define DRAIN (CONSUMERS + 1)
#define REPLAY (CONSUMERS + 2)

/* Whether the inbox does not have the message. */
#if defined(BUG_NO_INBOX)
#define isNew(m) true
#elif defined(BUG_INBOX_IN_MEMORY)
byte seen;
#define isNew(m) (!has(seen, m))
#else
#define isNew(m) (!has(inbox, m))
#endif

#ifdef BUG_EFFECT_FORGETS
#define isRemembered(m) false
#else
#define isRemembered(m) has(known, m)
#endif

/* Duplicates are acknowledged only when the first one cannot be undone. */
#ifdef BUG_NO_BARRIER
#define waitForStandby() skip
#else
#define waitForStandby() durable = known
#endif

/* The effect of message m is committed. */
inline takeEffect(m) {
  assert(!has(effect, m)); /* once */
  effect = plus(effect, m);
  known = plus(known, m);
}

inline acknowledge(i) {
  assert((has(known, messageOf(i)) && has(durable, messageOf(i))) || has(letters, messageOf(i))); /* kept */
  copy[i] = GONE;
  holder[i] = 0;
  deliveries[i] = 0;
}

/* What the effect remembers, it does not do again, whatever the inbox says. */
inline handle(m) {
  if
  :: isRemembered(m) -> skip
  :: else -> takeEffect(m)
  fi
}

/* A dead letter is committed; with a standby, that waits for it. */
inline keep(m) {
  assert(isBad(m)); /* blameless */
  letters = plus(letters, m);
}

/* Back in the queue, or beyond the limit in the dead queue. */
inline redeliver(i) {
  holder[i] = 0;
  deliveries[i]++;
  if
  :: deliveries[i] >= LIMIT -> copy[i] = DEAD
  :: else -> copy[i] = READY
  fi
#ifdef BUG_DEAD_LETTERS_AT_MOST_ONCE
  ;
  if
  :: copy[i] == DEAD && deadQueueAway -> copy[i] = GONE
  :: else
  fi
#endif
}

inline redeliverAll(by) {
  for (n : 0 .. ALL_COPIES - 1) {
    if
    :: copy[n] == TAKEN && holder[n] == by + 1 -> redeliver(n)
    :: else
    fi
  }
}

inline rollBack(by) {
  for (n : 0 .. MESSAGES - 1) {
    if
    :: entering[n] == by + 1 -> entering[n] = 0
    :: else
    fi
  }
}

inline reset(by) {
  consumer[by].phase = IDLE;
  consumer[by].batch = 0;
  consumer[by].next = 0;
  consumer[by].fresh = 0;
  consumer[by].settled = 0;
#ifdef TRACES
  consumer[by].lost = 0;
#endif
}

#include "inbox-traces.pml"

/* ---------------------------------------------------------------- the publisher */

proctype Publisher() {
end:
  do
#define PUBLISH(i) \
  :: d_step { copy[i] == UNPUBLISHED && !isDeleted && isSeen(RECEIVED, i) -> \
     printf("A copy of message %d is published.\n", messageOf(i)); \
     copy[i] = READY; skip }
  each(PUBLISH)
  od
}

/* ---------------------------------------------------------------- a consumer */

/* Whether the batch has a copy of message m that is not settled. */
#define copiesOf(m) (((1 << COPIES) - 1) << ((m) * COPIES))
#ifdef TRACES
#define hasBatch (my.batch != 0 || my.lost)
#define wants(m) hasBatch
#else
#define hasBatch (my.batch != 0)
#define wants(m) ((my.batch & ~my.settled & copiesOf(m)) != 0)
#endif

#define current my.next
#define isInBatch (current < MESSAGES && wants(current))
#define skipped (current < MESSAGES && !wants(current))

#define TAKE(i) \
  :: d_step { copy[i] == READY && mayReceive && my.attached && !isDeleted && isSeenBy(c, RECEIVED, i) -> \
     printf("Consumer %d receives a copy of message %d.\n", c, messageOf(i)); \
     copy[i] = TAKEN; holder[i] = c + 1; \
     toBatch(i); acknowledgeEarly(i); goOn() }

#ifdef BUG_ACKNOWLEDGED_BEFORE_COMMIT
#define acknowledgeEarly(i) acknowledge(i)
#else
#define acknowledgeEarly(i) skip
#endif

inline beginBatch() {
  my.phase = ENTERING;
  my.next = 0;
  my.fresh = 0;
}

#ifndef TRACES
#define mayReceive (my.phase == IDLE)
#define toBatch(i) my.batch = plus(my.batch, i)
#define tryAgain() beginBatch()
#endif

/* Bad messages are no part of the transaction: the batch was split, or they were never valid. */
inline settleMessage(m) {
  for (n : 0 .. ALL_COPIES - 1) {
    if
    :: messageOf(n) == m && has(my.batch, n) -> my.settled = plus(my.settled, n)
    :: else
    fi
  }
}

inline commit() {
  for (n : 0 .. MESSAGES - 1) {
    if
    :: has(my.fresh, n) ->
       inbox = plus(inbox, n);
       handle(n)
    :: else
    fi
  }
#ifdef BUG_INBOX_IN_MEMORY
  seen = seen | my.fresh;
#endif
  rollBack(c); /* the ids are no longer being entered */
  if
  :: my.fresh != 0 -> durable = known
  :: else /* a commit that wrote nothing waits for no standby */
  fi
}

/* All copies of the messages that this transaction dealt with. */
inline settleBatch() {
  for (n : 0 .. ALL_COPIES - 1) {
    if
    :: has(my.batch, n) && !isBad(messageOf(n)) -> my.settled = plus(my.settled, n)
    :: else
    fi
  }
}

inline acknowledgeSettled() {
  for (n : 0 .. ALL_COPIES - 1) {
    if
    :: has(my.settled, n) && copy[n] == TAKEN && holder[n] == c + 1 -> acknowledge(n)
    :: else
    fi
  }
}

proctype ConsumerLoop(byte c) {
end:
  do
  each(TAKE)
  ADD_TO_BATCH
  :: d_step { my.phase == IDLE && hasBatch && isBatchSeen ->
     printf("Consumer %d begins a transaction.\n", c);
     beginBatch() }
  :: d_step { my.phase == ENTERING && skipped -> my.next++ }
#ifdef BUG_INBOX_IN_OWN_TRANSACTION
  :: d_step { my.phase == ENTERING && isInBatch && !isBad(current) && isNew(current) && entering[current] == 0 ->
     printf("Consumer %d enters message %d into the inbox, and commits that.\n", c, current);
     inbox = plus(inbox, current); my.fresh = plus(my.fresh, current); my.next++ }
#else
  :: d_step { my.phase == ENTERING && isInBatch && !isBad(current) && isNew(current) && entering[current] == 0 && isComing(ENTERED) ->
     printf("Consumer %d enters message %d into the inbox.\n", c, current);
     entering[current] = c + 1; my.fresh = plus(my.fresh, current); my.next++ }
#endif
  /* a copy that another transaction is entering: it waits for the outcome */
  :: d_step { my.phase == ENTERING && isInBatch && !isBad(current) && !isNew(current) && isComing(FOUND) ->
     printf("Consumer %d finds message %d in the inbox, and waits for the standby.\n", c, current);
     waitForStandby(); my.next++ }
#ifdef BUG_POISON_REQUEUED
  :: d_step { my.phase == ENTERING && isInBatch && isBad(current) ->
     printf("Consumer %d cannot handle message %d, and puts everything back.\n", c, current);
     rollBack(c); redeliverAll(c); reset(c);
     assert(false) /* moves */ }
#elif defined(BUG_POISON_ACKNOWLEDGED)
  :: d_step { my.phase == ENTERING && isInBatch && isBad(current) ->
     printf("Consumer %d cannot handle message %d, and acknowledges it.\n", c, current);
     settleMessage(current); my.next++ }
#else
  :: d_step { my.phase == ENTERING && isInBatch && isBad(current) && !refusing && isUnseen ->
     printf("Consumer %d cannot handle message %d, and stores it as a dead letter.\n", c, current);
     keep(current); settleMessage(current); my.next++ }
#endif
  :: d_step { my.phase == ENTERING && current == MESSAGES && !refusing && isCommitSeen ->
     printf("Consumer %d has handled the new messages.\n", c);
     my.phase = HANDLED; goOn() }
  :: d_step { my.phase == HANDLED && isAnswerSeen ->
     printf("Consumer %d commits.\n", c);
     commit(); settleBatch(); my.phase = COMMITTED }
  :: d_step { my.phase == HANDLED && fault && isAnswerUnseen ->
     printf("Consumer %d commits, and the answer to COMMIT is lost; it tries the batch again.\n", c);
     count_fault; commit(); tryAgain() }
  :: d_step { (my.phase == ENTERING || my.phase == HANDLED) && fault && isAnswerUnseen ->
     printf("Consumer %d is rolled back by the database; it tries the batch again.\n", c);
     count_fault; rollBack(c); tryAgain(); skip }
  :: d_step { my.phase == COMMITTED && isUnseen ->
     printf("Consumer %d acknowledges what is settled.\n", c);
     acknowledgeSettled(); reset(c) }
#ifndef TRACES
  /* the database refuses every message: everything goes back once, until a sample succeeds */
  :: d_step { my.phase == ENTERING && refusing ->
     printf("Consumer %d is refused by the database.\n", c);
     rollBack(c);
#ifdef BUG_DATABASE_BLAMED_ON_MESSAGES
     for (n : 0 .. MESSAGES - 1) {
       if
       :: wants(n) -> keep(n)
       :: else
       fi
     }
#endif
     redeliverAll(c); reset(c); my.attached = 0 }
  :: d_step { !my.attached && !refusing && !isDeleted ->
     printf("Consumer %d consumes again.\n", c);
     my.attached = 1 }
  /* the consumer's process */
  :: d_step { (my.batch != 0) && fault ->
     printf("Consumer %d is killed; its messages are delivered again.\n", c);
#ifdef BUG_INBOX_IN_MEMORY
     seen = 0;
#endif
     count_fault; rollBack(c); redeliverAll(c); reset(c) }
  :: d_step { (my.batch != 0) && fault ->
     printf("Consumer %d loses its connection to the broker; its messages are delivered again.\n", c);
     count_fault; redeliverAll(c); skip }
  :: d_step { my.phase == IDLE && my.batch != 0 && fault ->
     printf("Consumer %d is stopped before it has handled what it holds.\n", c);
     count_fault;
#ifdef BUG_STOP_ACKNOWLEDGES
     my.settled = my.batch;
     acknowledgeSettled();
#endif
     redeliverAll(c); reset(c) }
#endif
  od
}

#ifndef TRACES
/* ---------------------------------------------------------------- the drain */

#define drained (drain - 1)

#define DRAIN_TAKE(i) \
  :: d_step { copy[i] == DEAD && drain == 0 && !deadQueueAway -> \
     printf("The drain receives a copy of message %d.\n", messageOf(i)); \
     copy[i] = DRAINING; drain = i + 1; drainStep = 1 }

/* The letter says delivery-limit: it is there before the message is tried. */
inline storeSuspect() {
  letters = plus(letters, messageOf(drained));
  drainStep = (has(tried, messageOf(drained)) -> 4 : 2);
}

proctype Drain() {
end:
  do
  each(DRAIN_TAKE)
#ifdef BUG_DRAIN_ACKNOWLEDGES_UNSEEN
  :: d_step { drainStep == 1 ->
     printf("The drain acknowledges message %d.\n", messageOf(drained));
     drainStep = 4 }
#else
  :: d_step { drainStep == 1 ->
     printf("The drain stores message %d as a dead letter.\n", messageOf(drained));
     storeSuspect() }
#endif
  :: d_step { drainStep == 2 ->
     printf("The drain marks the dead letter of message %d as tried.\n", messageOf(drained));
     tried = plus(tried, messageOf(drained)); drainStep = 3 }
  :: d_step { drainStep == 3 && !isBad(messageOf(drained)) && isNew(messageOf(drained)) && entering[messageOf(drained)] == 0 && !refusing ->
     printf("The drain handles message %d, and resolves its dead letter.\n", messageOf(drained));
     inbox = plus(inbox, messageOf(drained));
     handle(messageOf(drained));
     durable = known;
     letters = minus(letters, messageOf(drained)); tried = minus(tried, messageOf(drained)); drainStep = 4 }
  :: d_step { drainStep == 3 && !isBad(messageOf(drained)) && isNew(messageOf(drained)) && entering[messageOf(drained)] == 0 && !refusing && fault ->
     printf("The drain handles message %d, and dies before its dead letter is resolved.\n", messageOf(drained));
     count_fault;
     inbox = plus(inbox, messageOf(drained));
     handle(messageOf(drained));
     durable = known;
     copy[drained] = DEAD; drainStep = 0; drain = 0 }
  :: d_step { drainStep == 3 && !isBad(messageOf(drained)) && !isNew(messageOf(drained)) ->
     printf("The drain finds message %d in the inbox, and resolves its dead letter.\n", messageOf(drained));
     waitForStandby();
     letters = minus(letters, messageOf(drained)); tried = minus(tried, messageOf(drained)); drainStep = 4 }
  :: d_step { drainStep == 3 && isBad(messageOf(drained)) ->
     printf("The drain cannot handle message %d, and keeps its dead letter.\n", messageOf(drained));
     drainStep = 4 }
  :: d_step { drainStep == 4 ->
     printf("The drain acknowledges message %d.\n", messageOf(drained));
     acknowledge(drained); drainStep = 0; drain = 0 }
  :: d_step { drainStep != 0 && fault ->
     printf("The drain is killed.\n");
     count_fault; copy[drained] = DEAD; drainStep = 0; drain = 0 }
  od
}

/* ---------------------------------------------------------------- an operator replays good messages */

#define isReplayable(m) (has(letters, m) && !isBad(m) && replayTx == 0 && entering[m] == 0 && !refusing && drain == 0)
#define REPLAY_ONE(m) \
  :: d_step { isReplayable(m) && isNew(m) -> \
     printf("A replay enters message %d into the inbox, and handles it.\n", m); \
     replayTx = m + 1; entering[m] = REPLAY } \
  :: d_step { isReplayable(m) && !isNew(m) -> \
     printf("A replay finds message %d in the inbox, and resolves its dead letter.\n", m); \
     waitForStandby(); letters = minus(letters, m); tried = minus(tried, m) }

inline commitReplay(m) {
  inbox = plus(inbox, m);
  handle(m);
  durable = known;
  letters = minus(letters, m);
  tried = minus(tried, m);
  entering[m] = 0;
  replayTx = 0;
}

proctype Operator() {
end:
  do
  REPLAY_ONE(0)
#if MESSAGES > 1
  REPLAY_ONE(1)
#endif
#if MESSAGES > 2
  REPLAY_ONE(2)
#endif
  :: d_step { replayTx != 0 ->
     printf("The replay commits effect and outcome.\n");
     n = replayTx - 1;
     commitReplay(n) }
  :: d_step { replayTx != 0 && fault ->
     printf("The replay is killed, and its transaction rolled back.\n");
     count_fault; entering[replayTx - 1] = 0; replayTx = 0 }
  od
}

/* ---------------------------------------------------------------- what happens to servers */

#if CONSUMERS == 1
#define hasNoticed !consumer[0].attached
#define isAnyCommitting (consumer[0].phase == HANDLED)
#else
#define hasNoticed (!consumer[0].attached || !consumer[1].attached)
#define isAnyCommitting (consumer[0].phase == HANDLED || consumer[1].phase == HANDLED)
#endif

/* Consumers try their batches again. */
inline endTransactions() {
  for (n : 0 .. CONSUMERS - 1) {
    if
    :: consumer[n].phase == ENTERING || consumer[n].phase == HANDLED ->
       consumer[n].phase = ENTERING; consumer[n].next = 0; consumer[n].fresh = 0
    :: else
    fi
  }
  for (n : 0 .. MESSAGES - 1) { entering[n] = 0 }
  replayTx = 0;
}

proctype Servers() {
end:
  do
  :: d_step { fault ->
     printf("PostgreSQL crashes and recovers; transactions are rolled back.\n");
     count_fault; endTransactions(); skip }
#ifdef FORGETS
#define FORGET(m) \
  :: d_step { has(inbox, m) && fault -> \
     printf("Retention removes message %d from the inbox.\n", m); \
     count_fault; inbox = minus(inbox, m) }
  FORGET(0)
#if MESSAGES > 1
  FORGET(1)
#endif
#endif
#ifdef REFUSING
  :: d_step { !refusing && fault -> printf("The database refuses every message.\n"); count_fault; refusing = 1 }
  :: d_step { refusing -> printf("The database accepts messages again.\n"); refusing = 0 }
#endif
#ifdef DELETED
  :: d_step { !isDeleted && fault ->
     printf("The queue is deleted; what was in it is published again later.\n");
     count_fault;
     isDeleted = 1;
     for (n : 0 .. ALL_COPIES - 1) {
       if
       :: copy[n] == READY || copy[n] == TAKEN -> copy[n] = UNPUBLISHED; holder[n] = 0; deliveries[n] = 0
       :: else
       fi
     }
#ifndef BUG_NULL_DELIVERY_IGNORED
     for (n : 0 .. CONSUMERS - 1) { consumer[n].attached = 0 }
#endif
     skip }
  :: d_step { isDeleted && hasNoticed ->
     printf("A consumer declares the queue again.\n");
     isDeleted = 0 }
#endif
#ifdef LIMITED
  :: d_step { !deadQueueAway && fault -> printf("The dead queue is deleted.\n"); count_fault; deadQueueAway = 1 }
  :: d_step { deadQueueAway -> printf("The dead queue is declared again.\n"); deadQueueAway = 0 }
#endif
#ifdef SYNC
  :: d_step { fault && isAnyCommitting ->
     printf("PostgreSQL crashes while commits wait for the standby, and shows them after its recovery.\n");
     count_fault;
     for (k : 0 .. CONSUMERS - 1) {
       if
       :: consumer[k].phase == HANDLED ->
          for (n : 0 .. MESSAGES - 1) {
            if
            :: has(consumer[k].fresh, n) -> inbox = plus(inbox, n); handle(n)
            :: else
            fi
          }
       :: else
       fi
     }
     endTransactions(); skip }
  :: d_step { fault ->
     printf("The standby is promoted.\n");
     count_fault;
     inbox = inbox & durable; effect = effect & durable; known = known & durable;
     endTransactions(); skip }
#endif
  od
}

#endif

#define isMissing(m) (isBad(m) -> !has(letters, m) : !has(effect, m) || has(letters, m))
#define isLeft(i) (copy[i] != GONE)
proctype EverythingHandled() {
#if MESSAGES == 1
  !isMissing(0) && !anyOf(isLeft)
#elif MESSAGES == 2
  !isMissing(0) && !isMissing(1) && !anyOf(isLeft)
#else
  !isMissing(0) && !isMissing(1) && !isMissing(2) && !anyOf(isLeft)
#endif
}

#ifdef FAIR
/* The same without "->", which means "implies" in a formula. For two messages. */
#define isSettled(m) (isBad(m) && has(letters, m) || !isBad(m) && has(effect, m) && !has(letters, m))
ltl all_are_handled { <>[] (isSettled(0) && isSettled(1) && !anyOf(isLeft)) }
#endif

init {
  atomic {
    byte i;
    chooseTrace();
    for (i : 0 .. CONSUMERS - 1) { consumer[i].attached = 1; run ConsumerLoop(i) }
    run Publisher();
#ifdef TRACES
    run Trace()
#else
    run Drain();
    run Operator();
    run Servers();
    run EverythingHandled()
#endif
  }
}
