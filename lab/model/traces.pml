/* With TRACES a trace of the running code is the schedule of a model (npm run model -- --traces); without it, nothing here
   changes the model. A trace is a list of what was seen: a statement was answered, a confirm came. The step of a process that
   was seen happens exactly there. A step that cannot be seen (a commit on the server, a lost connection) may happen at any
   time before the next thing that was seen of its process. Faults cost nothing. A trace is accepted when its end is reached. */

#ifdef TRACES
#undef fault
#undef count_fault
#define fault true
#define count_fault skip
c_decl {
\#include "traces.h"
}
int history;         /* which one */
short at;           /* the next step of it, and what it says: */
byte kind;
byte who;
byte rows;
byte parked;
byte refused;

inline readStep() {
  c_code {
    const struct step *step = stepAt(now.history, now.at);
    now.kind = step->kind; now.who = step->who; now.rows = step->rows; now.parked = step->parked; now.refused = step->refused;
  };
  lookAhead()
}
inline goOn() { at++; readStep(); skip }
inline chooseTrace() {
  c_code { readTraces(); };
  do
  :: c_expr { now.history < traceTotal - 1 } -> history++
  :: break
  od;
  c_code { beganAt = depth; };
  readStep()
}
#define going (c_expr { !traces[now.history].accepted })
#else
#define goOn() skip
#define chooseTrace() skip
#endif
