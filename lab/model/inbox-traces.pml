/* What a trace says about steps of consumer-and-inbox.pml; without TRACES, every step may be taken at any time. A trace is about
   one message of one queue; the drain, replays and retention are not compared. */

#ifdef TRACES

#define COMMITTED_SEEN 7
#define ENDED 8
#define KILLED 9
#define OVER 10
#define RECEIVED 11
#define ENTERED 12
#define FOUND 13
#define COMMITTING 14
#define KEPT 15
#define ACKNOWLEDGED 16
#define LOST 17

#define HANDLED_AT_LAST 1   /* the outcome */
#define DEAD_AT_LAST 2

byte bad;                   /* it is a dead letter at last */
byte coming[CONSUMERS];     /* what is seen next of the transactions of each consumer */
byte fate[CONSUMERS];       /* the end of its current or next one */

inline lookAhead() {
  c_code { lookAhead(now.history, now.at, now.coming, now.fate, &now.bad); };
}

#define isSeen(what, i) (going && kind == what && rows == bitOf(i))
#define isSeenBy(c, what, i) (isSeen(what, i) && who == c)
#define isUnseen false
#define isComing(what) (going && coming[c] == what)
#define isBatchSeen (isComing(ENTERED) || isComing(FOUND))
/* The effect was written, if something was new. */
#define isCommitSeen (going && kind == COMMITTING && who == c && (my.fresh == 0 || rows != 0))
#define isAnswerSeen (going && fate[c] == COMMITTED_SEEN)
#define isAnswerUnseen (going && fate[c] != COMMITTED_SEEN)

/* A consumer receives copies at any time; those that arrived before a transaction may be in its batch, also again when another
   message of their batch could not be settled. */
#define mayReceive true
#define toBatch(i) my.settled = minus(my.settled, i)
#define ADD(i) \
  :: d_step { copy[i] == TAKEN && holder[i] == c + 1 && !has(my.batch, i) && my.phase == IDLE && isBatchSeen -> \
     my.batch = plus(my.batch, i) }
#define ADD_TO_BATCH each(ADD)
#define tryAgain() my.phase = IDLE; my.fresh = 0; my.batch = 0

/* It may go on with a batch whose copies are delivered again. */
inline loseBatch() {
  consumer[who].lost = consumer[who].lost || consumer[who].batch != 0;
  consumer[who].batch = 0;
  consumer[who].settled = 0
}
inline endSeen() { consumer[who].phase = IDLE; consumer[who].fresh = 0; goOn() }

#define isEffectAsSeen (has(effect, 0) == (rows == HANDLED_AT_LAST))
#define isLetterAsSeen (has(letters, 0) == (rows == DEAD_AT_LAST))

proctype Trace() {
end:
  do
  :: d_step { going && kind == ENTERED && consumer[who].phase == ENTERING && consumer[who].fresh != 0 ->
     printf("Consumer %d gets the answer that the message is new.\n", who);
     goOn() }
  :: d_step { going && kind == FOUND && consumer[who].phase == ENTERING && consumer[who].fresh == 0 && consumer[who].next == MESSAGES ->
     printf("Consumer %d gets the answer that the message is a duplicate.\n", who);
     goOn() }
  :: d_step { going && kind == COMMITTING && fate[who] != COMMITTED_SEEN && consumer[who].phase == IDLE ->
     printf("Consumer %d sends COMMIT, after the database has rolled it back.\n", who);
     goOn() }
  :: d_step { going && kind == COMMITTED_SEEN && consumer[who].phase == COMMITTED ->
     printf("Consumer %d gets the answer to COMMIT.\n", who);
     consumer[who].batch = 0; consumer[who].lost = 0; endSeen() }
  :: d_step { going && kind == ENDED && consumer[who].phase == IDLE ->
     printf("Consumer %d gets no answer to COMMIT, or an error.\n", who);
     endSeen() }
  :: d_step { going && kind == KEPT && bad ->
     printf("Consumer %d cannot handle message %d, and stores it as a dead letter.\n", who, 0);
     letters = plus(letters, 0); goOn() }
  :: d_step { going && kind == ACKNOWLEDGED && (bad -> has(letters, 0) : (rows & ~consumer[who].settled) == 0) ->
     printf("Consumer %d acknowledges what is settled.\n", who);
     for (n : 0 .. ALL_COPIES - 1) {
       if
       :: has(rows, n) && copy[n] == TAKEN && holder[n] == who + 1 -> acknowledge(n)
       :: else
       fi
     }
     consumer[who].settled = consumer[who].settled & ~rows; goOn() }
  :: d_step { going && kind == LOST ->
     printf("Consumer %d loses its connection to the broker; its messages are delivered again.\n", who);
     redeliverAll(who); loseBatch(); goOn() }
  :: d_step { going && kind == KILLED ->
     printf("Consumer %d is killed; its messages are delivered again.\n", who);
     rollBack(who); redeliverAll(who); reset(who); goOn() }
  :: d_step { going && kind == OVER && rows != 0 && isEffectAsSeen && isLetterAsSeen ->
     printf("The outcome is %d.\n", rows);
     c_code { acceptTrace(now.history); }; skip }
  od
}

#else

#define isSeen(what, i) true
#define isSeenBy(c, what, i) true
#define isUnseen true
#define isComing(what) true
#define isBatchSeen true
#define isCommitSeen true
#define isAnswerSeen true
#define isAnswerUnseen true
#define ADD_TO_BATCH

#endif
