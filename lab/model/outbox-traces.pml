/* What a trace says about steps of outbox-and-relay.pml; without TRACES, every step may be taken at any time. */

#ifdef TRACES

#define CLAIMED 1
#define SENT 2
#define CONFIRMED 3
#define NACKED 4
#define RETURNED 5
#define MOVED 6
#define COMMITTED 7
#define ENDED 8
#define KILLED 9
#define OVER 10

/* What is seen next of each relay, and until the end of its batch: */
byte coming[RELAYS];
byte comingRows[RELAYS];
byte comingFull[RELAYS];
byte fate[RELAYS];
byte sends[RELAYS];
byte answers[RELAYS];
byte refusals[RELAYS];

inline lookAhead() {
  c_code { lookAhead(now.history, now.at, now.coming, now.comingRows, now.comingFull, now.fate, now.sends, now.answers, now.refusals); };
}

#define isSeen(what, i) (going && kind == what && who == r && rows == bitOf(i))
#define isUnseen false
#define isAsSeen(what) (going && what)
/* Rows are written when something needs them, in the order of their positions. */
#define isWanted(i) (going && (state[i] == WRITING || given == (i)) && kind == CLAIMED && has(rows, i))

/* A claim takes the rows that were seen: all that it can have, unless it was full. */
#define differs(what, i) (has(comingRows[r], i) != what(i) && (has(comingRows[r], i) || comingFull[r] || (comingRows[r] >> (i)) > 0))
#define isClaimAsSeen(what) (going && coming[r] == CLAIMED && !(differs(what, 0) || differs(what, 1) || differs(what, 2) || \
  differs(what, 3) || differs(what, 4) || differs(what, 5)))
#define isUnparkWanted (going && kind == CLAIMED)

#define isSent(i) has(my.sent, i)
#define isNackSeen(i) (kind == NACKED && who == r && rows == bitOf(i))
#define isNotConfirmed(i) (going && isSent(i) && (isNackSeen(i) || !has(answers[r], i)))
#define isNotSent(i) (going && !isSent(i) && coming[r] != 0 && !has(sends[r], i))
#define isRefusalSeen(i) (going && has(refusals[r], i))
inline goOnIfNacked(i) {
  if
  :: isNackSeen(i) -> goOn()
  :: else
  fi
}

#define isCommitSeen (going && my.moving && coming[r] == COMMITTED)
#define isCommitUnknown (going && my.moving && fate[r] != COMMITTED)
#define isEndSeen (going && fate[r] != COMMITTED)
#define isDropUnseen (going && my.sent == 0 && sends[r] == 0 && fate[r] != COMMITTED)
#define isSeenToDie (kind == KILLED && who == (r) / LOOPS && (r) % LOOPS == 0)

#define REFUSING (kind == MOVED && refused != 0)
#define RETURNING (kind == RETURNED)
#define ACCEPTING (kind == CONFIRMED)
#define isSoon(what) (going && what)

inline forgetSeen(l) { relay[l].sent = 0; relay[l].moving = 0 }

#define SENT_AS_SEEN(i) \
  :: d_step { isSeen(SENT, i) && isSendable(i) && !isSent(i) -> \
     printf("Relay %d sends #%d to the broker.\n", r, i); \
     my.sent = plus(my.sent, i); goOn() }

#define MOVED_AS_SEEN \
  :: d_step { going && kind == MOVED && who == r && isOver && (my.tx || (rows | parked) == 0) && my.accepted == rows && my.parking == parked -> \
     printf("Relay %d has moved {%d} and parked {%d}, and sends COMMIT.\n", r, rows, parked); \
     my.moving = 1; goOn() }

#define isLeft(i) ((state[i] == PUBLISHED) != has(rows, i))

proctype Trace() {
end:
  do
  :: d_step { going && kind == CLAIMED && relay[who].batch == rows ->
     printf("Relay %d gets the rows {%d}.\n", who, rows);
     goOn() }
  :: d_step { going && kind == COMMITTED && relay[who].batch == 0 ->
     printf("Relay %d gets the answer to COMMIT.\n", who);
     goOn() }
  :: d_step { going && kind == ENDED && relay[who].batch == 0 ->
     printf("Relay %d gets an error instead of an answer to COMMIT.\n", who);
     goOn() }
  :: d_step { going && kind == OVER && !anyOf(isLeft) ->
     printf("The published rows are {%d}.\n", rows);
     c_code { acceptTrace(now.history); }; skip }
  od
}

#else

#define isSeen(what, i) true
#define isUnseen true
#define isAsSeen(what) true
#define isWanted(i) true
#define isClaimAsSeen(what) true
#define isUnparkWanted true
#define isSent(i) false
#define isNotConfirmed(i) true
#define isNotSent(i) true
#define isRefusalSeen(i) true
#define goOnIfNacked(i) skip
#define isCommitSeen true
#define isCommitUnknown true
#define isEndSeen true
#define isDropUnseen true
#define isSeenToDie false
#define isSoon(what) true
#define forgetSeen(l) skip
#define SENT_AS_SEEN(i)
#define MOVED_AS_SEEN

#endif
