/* The outbox of one service and the relays that publish it.

   Rows     A row is an event: number a * EVENTS + s is event s of aggregate a. With COPY, one more row is a copy of
            event 0, which the reminder or an operator writes once event 0 was published (from outbox_published, or from
            the booking when retention has removed it: the row is the same).
   Writers  take a position from the sequence and commit, in any order among aggregates: libs/messaging/sql/outbox.sql.
            The events of one aggregate follow each other, because each change locks the aggregate's row.
   Relays   outbox_claim, publishInOrder, outbox_move_to_published, outbox_park: libs/messaging/src/relay.
            A relay whose database connection is lost continues to publish, because it does not know yet.
   Marks    outbox_horizon, outbox_low_water_marks: libs/messaging/src/relay/low-water-marks.ts. Without the scan from
            the start every ten minutes, which would hide a row that was missed.

   Parameters: AGGREGATES, EVENTS (of each), COPY (0 or 1), LANES, RELAYS, FAULTS (in one run), and
   LOOPS: of the relays, so many each are one process (default 1);
   SYNC: a synchronous standby, and failovers to it; REFUSALS: the broker refuses events of aggregate 0 for a while;
   UNBOUND: no queue is bound for a while; MARKS: relays raise low-water marks; FAIR: see progress; FOREVER: the refusal
   does not end.

   Properties
   order    The first copies of an aggregate's events reach the broker in order.                 (arrive)
   durable  What reaches the broker is committed, and no failover can undo it.                   (arrive)
   kept     A row leaves the outbox only after the broker has taken it, this very row.           (move)
   mark     No row is committed below a low-water mark, where no claim would look for it.        (commit)
   alone    An aggregate that the broker refuses delays no other.                                (fail)
   served   When nothing can happen any more, every event has been published.                    (Everything published)
   progress With FAIR, every process that can continue does so eventually; then every event is published in the end; with
            FOREVER every event of the other aggregates is.                                      (all_are_published) */

#include "common.pml"
#include "traces.pml"

#define EVENT_ROWS (AGGREGATES * EVENTS)
#define ROWS (EVENT_ROWS + COPY)
#define isCopy(i) ((i) >= EVENT_ROWS)
#define aggregateOf(i) (isCopy(i) -> 0 : (i) / EVENTS)
#define laneOf(i) (aggregateOf(i) % LANES)

/* --- the database */
#define ABSENT 0    /* not written, or rolled back */
#define WRITING 1   /* has a position, not committed */
#define WAITING 2
#define PARKED 3
#define PUBLISHED 4 /* moved to outbox_published */
byte state[ROWS];
byte position[ROWS];
byte given;         /* the last position that the sequence gave out */
byte flushed;       /* the value that the sequence has after a crash recovery */
byte life;          /* outbox_life(): another after a failover */
byte durable;       /* rows that no failover can undo */
byte lock[LANES];   /* advisory locks: 0 is free, else number of the relay + 1 */
byte attempted;     /* rows whose attempts > 0 */

/* --- the broker */
byte reached;       /* rows that it has taken */
byte late;          /* rows that are still on their way to it from a connection that is gone */
bit forbidden;      /* refuses events of aggregate 0 */
bit unbound;        /* no queue is bound: returns everything */
byte cuts;          /* confirms lost so far */

/* --- the relays */
typedef Relay {
  bit tx;           /* its transaction is open */
  byte lane;
  byte batch;       /* rows that it claimed; 0: none */
  byte accepted;    /* of these: the broker has them */
  byte failed;      /* not accepted, and tried again later */
  byte parking;     /* to be parked */
  byte unparked;    /* parked rows that its transaction made waiting again */
  bit confirmed;    /* it waited for the standby: database.confirmDurable() */
  byte remembered;  /* published and perhaps not moved: createPublishedRows() */
  byte unconfirmed; /* sent once without a confirm */
  byte mark[LANES];
  byte markLife;
  byte horizon;     /* 0: none; 1: position read; 2: writers read as well */
  byte upto;
  byte writers;     /* rows that were being written then and still are */
  bit news;         /* published rows since the last horizon */
#ifdef TRACES
  byte sent;        /* rows of its batch that it was seen to send */
  bit moving;       /* it was seen to send COMMIT */
#endif
}
Relay relay[RELAYS];
#define my relay[r]
/* Loops of one process share what it remembers, and die together. */
#ifndef LOOPS
#define LOOPS 1
#endif
#if LOOPS == 1
#define memory my
#else
#define memory relay[(r) / LOOPS * LOOPS]
#endif

#include "rows.pml"
#include "outbox-traces.pml"

/* ---------------------------------------------------------------- writers */

#define isWritable(i) (isCopy(i) -> state[0] == PUBLISHED : ((i) % EVENTS == 0 || state[((i) + ROWS - 1) % ROWS] >= WAITING))

/* Lock and position are one step: every insert locks the table before it takes a position. */
inline insert(i) {
  given++;
  position[i] = given;
  state[i] = WRITING;
  reached = minus(reached, i);
}

inline makeDurable() {
  for (n : 0 .. ROWS - 1) {
    if
    :: state[n] >= WAITING -> durable = plus(durable, n)
    :: else
    fi
  }
}

inline writerHasEnded(i) {
  for (n : 0 .. RELAYS - 1) {
    relay[n].writers = minus(relay[n].writers, i);
  }
}

/* A commit flushes everything before it, and waits for the standby. */
inline commit(i) {
  state[i] = WAITING;
  flushed = given;
  makeDurable();
  writerHasEnded(i);
  for (n : 0 .. RELAYS - 1) {
    assert(relay[n].markLife != life || relay[n].mark[laneOf(i)] <= position[i]); /* mark */
  }
}

#ifdef BUG_EVENT_AFTER_COMMIT
byte changed;
byte gone;
#define mayInsert(i) (has(changed, i) && !has(gone, i))
#else
#define mayInsert(i) isWritable(i)
#endif

proctype Writer(byte i) {
end:
  do
#ifdef BUG_EVENT_AFTER_COMMIT
  :: d_step { isWritable(i) && !has(changed, i) ->
     printf("The change of #%d is committed, without its event.\n", i);
     changed = plus(changed, i); skip }
  :: d_step { has(changed, i) && !has(gone, i) && state[i] == ABSENT && fault ->
     printf("The process that was to write #%d dies.\n", i);
     count_fault; gone = plus(gone, i); skip }
#endif
  :: d_step { state[i] == ABSENT && mayInsert(i) && isWanted(i) ->
     printf("A transaction inserts #%d at position %d.\n", i, given + 1);
     insert(i); skip }
  :: d_step { state[i] == WRITING && isWanted(i) ->
     printf("The transaction of #%d commits.\n", i);
     commit(i); skip }
  :: d_step { state[i] == WRITING && fault && isUnseen ->
     printf("The transaction of #%d is rolled back.\n", i);
     count_fault; state[i] = ABSENT; writerHasEnded(i); skip }
  od
}

/* ---------------------------------------------------------------- claim */

#define markOf(i) (memory.markLife == life -> memory.mark[laneOf(i)] : 0)
#define isParkedFor(i) (state[i] == PARKED && !has(my.unparked, i))
#define holdsBack(i, j) (aggregateOf(j) == aggregateOf(i) && position[j] < position[i] && isParkedFor(j))
#define isHeld(i) anyOther(holdsBack, i)
#define isWaiting(i) (state[i] == WAITING || has(my.unparked, i))
#define isClaimable(i) (isWaiting(i) && position[i] >= markOf(i) && !isHeld(i))

#define inLane0(i) (laneOf(i) == 0 && isClaimable(i))
#define inLane1(i) (laneOf(i) == 1 && isClaimable(i))
#define isParkedNow(i) (state[i] == PARKED && !isBeingRetried(i))
#if RELAYS == 1
#define isBeingRetried(i) has(relay[0].unparked, i)
#else
#define isBeingRetried(i) (has(relay[0].unparked, i) || has(relay[1].unparked, i))
#endif

#if LANES == 1
#define highestMark memory.mark[0]
#else
#define highestMark (memory.mark[0] > memory.mark[1] -> memory.mark[0] : memory.mark[1])
#endif
#define positionsWentBack (memory.markLife == life && highestMark > given + 1)

inline claim(l) {
  my.batch = 0;
#ifdef TRACES
  my.batch = comingRows[r];
#else
  for (n : 0 .. ROWS - 1) {
    if
    :: laneOf(n) == l && isClaimable(n) -> my.batch = plus(my.batch, n)
    :: else
    fi
  }
#endif
  lock[l] = r + 1;
  my.lane = l;
  my.tx = 1;
#ifdef BUG_CURSOR
  for (n : 0 .. ROWS - 1) {
    if
    :: has(my.batch, n) && memory.mark[l] <= position[n] -> memory.mark[l] = position[n] + 1
    :: else
    fi
  }
#endif
#ifdef BUG_MARKED_BEFORE_CONFIRM
  my.accepted = my.batch;
#endif
}

/* Parked rows whose time has come; those that another relay retries are skipped (skip locked). */
inline unpark() {
  for (n : 0 .. ROWS - 1) {
    if
    :: isParkedNow(n) -> my.unparked = plus(my.unparked, n)
    :: else
    fi
  }
}

/* ---------------------------------------------------------------- publish */

#define settled (my.accepted | my.failed | my.parking)
#ifdef BUG_GOES_ON_BEHIND_A_FAILURE
#define done settled
#else
#define done my.accepted
#endif
#define isAhead(i, j) (aggregateOf(j) == aggregateOf(i) && position[j] < position[i] && has(my.batch, j) && !has(done, j))
#ifdef BUG_SIDE_BY_SIDE
#define isNext(i) true
#else
#define isNext(i) !anyOther(isAhead, i)
#endif
#ifdef SYNC
#define mayPublish my.confirmed
#define mayDrop !my.confirmed
#else
#define mayPublish true
#define mayDrop settled == 0 /* it tries a move before it publishes */
#endif
/* After the wait it checks that its transaction is still open: the server that confirmed may be another one. */
#ifdef BUG_BARRIER_ELSEWHERE
#define mayConfirm true
#else
#define mayConfirm my.tx
#endif
#define isDue(i) (has(my.batch, i) && !has(settled, i) && isNext(i))

#ifdef BUG_REMEMBERS_MESSAGES
#define isRemembered(i) (has(memory.remembered, i) || (isCopy(i) && has(memory.remembered, 0)))
#else
#define isRemembered(i) has(memory.remembered, i)
#endif

#define isSendable(i) (isDue(i) && mayPublish && !isRemembered(i))
#define isRefused(i) (aggregateOf(i) == 0 && forbidden)

inline arrive(i) {
  assert(isCopy(i) || (i) % EVENTS == 0 || has(reached, ((i) + ROWS - 1) % ROWS)); /* order */
  assert(has(durable, i));                                                         /* durable */
  reached = plus(reached, i);
}

inline accept(i) { my.accepted = plus(my.accepted, i) }

/* Parked at the second time. */
inline noConfirm(i) {
#ifdef BUG_NO_CONFIRM_IS_SUCCESS
  accept(i);
#else
  if
  :: has(memory.unconfirmed, i) || has(attempted, i) -> my.parking = plus(my.parking, i)
  :: else -> my.failed = plus(my.failed, i); memory.unconfirmed = plus(memory.unconfirmed, i)
  fi
#endif
}

inline refuse(i) {
#ifdef BUG_REFUSAL_FAILS_ALL
  my.failed = my.failed | (my.batch & ~settled);
  for (n : 0 .. ROWS - 1) {
    assert(!has(my.failed, n) || aggregateOf(n) == 0 || cuts > 0); /* alone */
  }
#else
  my.parking = plus(my.parking, i);
#endif
}

inline return_(i) {
#ifdef BUG_RETURNS_IGNORED
  accept(i);
#else
  my.failed = plus(my.failed, i);
#endif
}

#define PUBLISH(i) \
  SENT_AS_SEEN(i) \
  :: d_step { isDue(i) && mayPublish && isRemembered(i) && !isSent(i) -> \
     printf("Relay %d remembers that #%d was published.\n", r, i); \
     accept(i); skip } \
  :: d_step { isSendable(i) && !isRefused(i) && !unbound && isSeen(CONFIRMED, i) -> \
     printf("Relay %d publishes #%d, and the broker confirms it.\n", r, i); \
     arrive(i); accept(i); goOn() } \
  :: d_step { isSendable(i) && !isRefused(i) && !unbound && fault && isNotConfirmed(i) -> \
     printf("Relay %d publishes #%d; the broker takes it, and the confirm is lost.\n", r, i); \
     count_fault; cuts++; arrive(i); noConfirm(i); goOnIfNacked(i) } \
  :: d_step { isSendable(i) && fault && isNotSent(i) -> \
     printf("Relay %d cannot publish #%d: it has no channel.\n", r, i); \
     count_fault; cuts++; my.failed = plus(my.failed, i); skip } \
  :: d_step { isSendable(i) && fault && isNotConfirmed(i) -> \
     printf("Relay %d publishes #%d; the broker does not take it, and no answer comes.\n", r, i); \
     count_fault; cuts++; noConfirm(i); goOnIfNacked(i) } \
  :: d_step { isSendable(i) && fault && isNotConfirmed(i) -> \
     printf("Relay %d publishes #%d; it is still on its way when the connection is lost.\n", r, i); \
     count_fault; cuts++; late = plus(late, i); noConfirm(i); goOnIfNacked(i) } \
  :: d_step { isSendable(i) && isRefused(i) && isRefusalSeen(i) -> \
     printf("Relay %d publishes #%d, and the broker refuses it.\n", r, i); \
     refuse(i); skip } \
  :: d_step { isSendable(i) && unbound && isSeen(RETURNED, i) -> \
     printf("Relay %d publishes #%d, and the broker returns it: no queue is bound.\n", r, i); \
     return_(i); goOn() }

/* ---------------------------------------------------------------- move */

inline endTransaction() {
  my.tx = 0;
  my.unparked = 0;
  lock[my.lane] = 0;
}

inline endBatchOf(l) {
  relay[l].batch = 0;
  relay[l].accepted = 0;
  relay[l].failed = 0;
  relay[l].parking = 0;
  relay[l].confirmed = 0;
  relay[l].lane = 0;
  forgetSeen(l)
}
#define endBatch() endBatchOf(r)

/* All loops of the process of loop r. */
inline die() {
  for (k : r / LOOPS * LOOPS .. r / LOOPS * LOOPS + LOOPS - 1) {
    if
    :: relay[k].tx -> relay[k].tx = 0; lock[relay[k].lane] = 0
    :: else
    fi;
    relay[k].unparked = 0;
    endBatchOf(k)
  }
  memory.remembered = 0;
  memory.unconfirmed = 0;
  memory.horizon = 0;
  memory.upto = 0;
  memory.writers = 0;
  memory.news = 1;
  for (n : 0 .. LANES - 1) { memory.mark[n] = 0 }
}

inline move() {
#ifdef BUG_MOVES_WHATEVER_THE_BROKER_SAID
  my.accepted = my.batch;
#endif
  for (n : 0 .. ROWS - 1) {
    if
    :: has(my.accepted, n) ->
       assert(has(reached, n)); /* kept */
       state[n] = PUBLISHED;
       attempted = minus(attempted, n);
       memory.news = 1
    :: has(my.parking, n) && !has(my.accepted, n) -> state[n] = PARKED; attempted = plus(attempted, n)
    :: has(my.unparked, n) && !has(my.parking, n) && !has(my.accepted, n) -> state[n] = WAITING
    :: else
    fi
  }
  flushed = given;
  makeDurable();
}

inline forget() {
  memory.remembered = memory.remembered & ~(my.accepted | my.parking);
  memory.unconfirmed = memory.unconfirmed & ~(my.accepted | my.parking);
}

/* Nothing is left to be published: rows behind a failure wait for the next batch. */
#define isOver (my.batch != 0 && !anyOf(isDue))

/* ---------------------------------------------------------------- marks */

inline readPosition() {
  memory.upto = given;
  memory.horizon = 1;
  memory.news = 0;
  if
  :: memory.markLife != life || positionsWentBack ->
     for (n : 0 .. LANES - 1) { memory.mark[n] = 0 }
     memory.markLife = life
  :: else
  fi
}

inline readWriters() {
  memory.horizon = 2;
  memory.writers = 0;
  for (n : 0 .. ROWS - 1) {
    if
    :: state[n] == WRITING -> memory.writers = plus(memory.writers, n)
    :: else
    fi
  }
#ifdef BUG_MARKS_RISE_WHILE_OTHERS_WRITE
  memory.writers = 0;
#endif
#ifndef BUG_HORIZON_NOT_FLUSHED
  flushed = given;
#endif
}

#ifdef BUG_MARKS_RISE_OVER_PARKED
#define holdsMarkDown(i) (state[i] == WAITING)
#else
#define holdsMarkDown(i) (state[i] == WAITING || state[i] == PARKED)
#endif

scratch byte first;
inline raiseMarks() {
  for (n : 0 .. LANES - 1) {
    if
    :: memory.mark[n] <= memory.upto ->
       first = memory.upto + 1;
       for (k : 0 .. ROWS - 1) {
         if
         :: laneOf(k) == n && holdsMarkDown(k) && position[k] >= memory.mark[n] && position[k] < first ->
            first = position[k]
         :: else
         fi
       }
       memory.mark[n] = first
    :: else
    fi
  }
  memory.horizon = 0;
  memory.upto = 0;
  memory.writers = 0;
#ifdef BUG_MARKS_RISE_OVER_PARKED
  for (k : 0 .. ROWS - 1) {
    assert(state[k] != PARKED || position[k] >= memory.mark[laneOf(k)]); /* mark */
  }
#endif
}

/* ---------------------------------------------------------------- a relay */

#define CLAIM(l, inLane) \
  :: d_step { my.batch == 0 && lock[l] == 0 && !positionsWentBack && anyOf(inLane) && isClaimAsSeen(isClaimable) -> \
     printf("Relay %d claims lane %d.\n", r, l); \
     claim(l); skip }

/* Parked rows are tried again once a second. Meanwhile the relay claims what waits. */
#if !defined(FAIR) || defined(BUG_RETRIES_WITHOUT_A_PAUSE)
#define andNothingElseWaits
#elif LANES == 1
#define andNothingElseWaits && !anyOf(inLane0)
#else
#define andNothingElseWaits && !anyOf(inLane0) && !anyOf(inLane1)
#endif

#define isDueInLane0(i) (laneOf(i) == 0 && isParkedNow(i))
#define isDueInLane1(i) (laneOf(i) == 1 && isParkedNow(i))
#define isRetriable(i) (isWaiting(i) || isParkedNow(i))
#define RETRY(l) \
  :: d_step { my.batch == 0 && lock[l] == 0 && !positionsWentBack andNothingElseWaits && anyOf(isDueInLane##l) && isClaimAsSeen(isRetriable) -> \
     printf("Relay %d makes parked rows waiting again in its transaction, and claims lane %d.\n", r, l); \
     unpark(); claim(l); skip }

proctype RelayLoop(byte r) {
end:
  do
  CLAIM(0, inLane0)
#if LANES == 2
  CLAIM(1, inLane1)
#endif
#ifdef SYNC
  :: d_step { my.batch != 0 && !my.confirmed && mayConfirm ->
     printf("Relay %d waits until the standby has what it read.\n", r);
     my.confirmed = 1;
#ifndef BUG_NO_BARRIER
     flushed = given; makeDurable();
#endif
     skip }
#endif
  :: d_step { my.batch != 0 && mayDrop && !my.tx && isDropUnseen ->
     printf("Relay %d drops its rows: its transaction has ended.\n", r);
     endBatch(); skip }
  each(PUBLISH)
  MOVED_AS_SEEN
  :: d_step { isOver && my.tx && isCommitSeen ->
     printf("Relay %d moves what was published, and commits.\n", r);
     move(); forget(); endTransaction(); endBatch(); skip }
  :: d_step { isOver && my.tx && fault && isCommitUnknown ->
     printf("Relay %d moves what was published and commits; the answer to COMMIT is lost.\n", r);
     count_fault; memory.remembered = memory.remembered | my.accepted; move(); endTransaction(); endBatch(); skip }
  :: d_step { isOver && !my.tx && isEndSeen ->
     printf("Relay %d cannot move its rows: its transaction has ended.\n", r);
     memory.remembered = memory.remembered | my.accepted; endBatch(); skip }
  :: d_step { my.tx && fault && isEndSeen ->
     printf("Relay %d loses its database connection; its transaction is rolled back.\n", r);
     count_fault; endTransaction(); skip }
  :: d_step { (my.batch != 0 || memory.remembered != 0 || memory.horizon != 0 || isSeenToDie) && fault && isAsSeen(isSeenToDie) ->
     printf("Relay %d is killed and started again.\n", r);
     count_fault; die(); goOn() }
#ifdef MARKS
  :: d_step { my.batch == 0 && memory.horizon == 0 && memory.news ->
     printf("Relay %d reads the last position, %d.\n", r, given);
     readPosition(); skip }
  :: d_step { memory.horizon == 1 ->
     printf("Relay %d reads which transactions write.\n", r);
     readWriters(); skip }
  :: d_step { my.batch == 0 && memory.horizon == 2 && memory.writers == 0 ->
     printf("Relay %d raises its marks.\n", r);
     raiseMarks(); skip }
  :: d_step { my.batch == 0 && positionsWentBack ->
     printf("Relay %d finds that positions went back, and drops its marks.\n", r);
     for (n : 0 .. LANES - 1) { memory.mark[n] = 0 }; skip }
#endif
  RETRY(0)
#if LANES == 2
  RETRY(1)
#endif
  :: d_step { my.batch == 0 && anyOf(isParkedNow) && !forbidden && isUnparkWanted ->
     printf("Relay %d makes parked rows waiting again, and gets no lane.\n", r);
     unpark();
       for (n : 0 .. ROWS - 1) {
         if
         :: has(my.unparked, n) -> state[n] = WAITING
         :: else
         fi
       }
       my.unparked = 0;
       flushed = given }
  od
}

/* ---------------------------------------------------------------- what happens to servers */

/* Connections and transactions end; what the relays remember stays. */
inline disconnectAll() {
  for (n : 0 .. RELAYS - 1) {
    relay[n].tx = 0;
    relay[n].unparked = 0;
    relay[n].writers = 0;
    if
    :: relay[n].horizon == 1 -> relay[n].horizon = 0; relay[n].upto = 0; relay[n].news = 1
    :: else
    fi
  }
  for (n : 0 .. LANES - 1) { lock[n] = 0 }
}

inline replaceWriting(by) {
  for (n : 0 .. ROWS - 1) {
    if
    :: state[n] == WRITING -> state[n] = by
    :: else
    fi
  }
}

#define isWriting(i) (state[i] == WRITING)

#define ARRIVE_LATE(i) \
  :: d_step { has(late, i) && !unbound && isUnseen -> \
     printf("An old copy of #%d reaches the broker.\n", i); \
     arrive(i); late = minus(late, i); skip }

proctype Servers() {
end:
  do
  :: d_step { fault && isUnseen ->
     printf("PostgreSQL crashes and recovers; the sequence stands at %d.\n", flushed);
     count_fault; disconnectAll(); replaceWriting(ABSENT); given = flushed }
#ifdef SYNC
  :: d_step { fault && anyOf(isWriting) ->
     printf("PostgreSQL crashes while commits wait for the standby, and shows them after its recovery.\n");
     count_fault; disconnectAll(); replaceWriting(WAITING); flushed = given }
  :: d_step { fault ->
     printf("The standby is promoted.\n");
     count_fault;
       disconnectAll();
       life++;
       given = 0;
       for (n : 0 .. ROWS - 1) {
         if
         :: has(durable, n) && position[n] > given -> given = position[n]
         :: !has(durable, n) -> state[n] = ABSENT
         :: else
         fi
       }
       flushed = given }
#endif
#ifdef REFUSALS
  :: d_step { fault && !forbidden && isSoon(REFUSING) ->
     printf("The broker refuses events of aggregate 0.\n");
     count_fault; forbidden = 1 }
#ifndef FOREVER
  :: d_step { forbidden && isSoon(ACCEPTING) ->
     printf("The broker accepts events of aggregate 0 again.\n");
     forbidden = 0 }
#endif
#endif
#ifdef UNBOUND
  :: d_step { fault && !unbound && isSoon(RETURNING) ->
     printf("The binding of the queue is removed.\n");
     count_fault; unbound = 1 }
  :: d_step { unbound && isSoon(ACCEPTING) ->
     printf("The queue is bound again.\n");
     unbound = 0 }
#endif
  each(ARRIVE_LATE)
  od
}

#define isUnpublished(i) (state[i] != PUBLISHED)
proctype EverythingPublished() {
  !anyOf(isUnpublished) && late == 0
}

#ifdef FAIR
#ifdef FOREVER
#define isHeldUp(i) (isUnpublished(i) && (i) >= EVENTS)
#else
#define isHeldUp(i) isUnpublished(i)
#endif
ltl all_are_published { <>[] !anyOf(isHeldUp) }
#endif

init {
  atomic {
    byte i;
    chooseTrace();
    for (i : 0 .. RELAYS - 1) { relay[i].news = 1; run RelayLoop(i) }
    for (i : 0 .. ROWS - 1) { run Writer(i) }
    run Servers();
#ifdef TRACES
    run Trace()
#else
    run EverythingPublished()
#endif
  }
}
