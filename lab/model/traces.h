/* Traces of the running code, for the verifier that Spin makes of a model: reads them, remembers which were accepted and how
   far the others came. Numbers of kinds are those of lab/model/traces/steps.ts. */
#include <stdarg.h>

enum { SEEN_CLAIMED = 1, SEEN_SENT, SEEN_CONFIRMED, SEEN_NACKED, SEEN_RETURNED, SEEN_MOVED, SEEN_COMMITTED, SEEN_ENDED,
  SEEN_KILLED, SEEN_OVER, SEEN_RECEIVED, SEEN_ENTERED, SEEN_FOUND, SEEN_COMMITTING };

struct step { unsigned char kind, who, rows, parked, refused; };
struct trace { struct step *steps; int length, furthest, accepted; };

#define LONGEST 200000
#define SENTENCES 200

extern long depth;
static struct trace *traces;
static int traceTotal;
static long beganAt;
static const char *said[LONGEST]; /* the sentence of the step that was taken at each depth */
static char words[LONGEST / 100][160], furthest[LONGEST / 100][160];
static int furthestLength, isExplaining;
static struct { const char *sentence; long times; } taken[SENTENCES];

static void report(void)
{ int n;
  for (n = 0; n < SENTENCES && taken[n].sentence; n++) printf("taken %ld %s", taken[n].times, taken[n].sentence);
  for (n = 0; n < traceTotal; n++)
    if (!traces[n].accepted) printf("refused %d at %d\n", n, traces[n].furthest);
  for (n = 0; n < furthestLength; n++) printf("good %s", furthest[n]);
  fflush(stdout);
}

static void readTraces(void)
{ char *line = NULL, *from, *to;
  size_t size = 0;
  FILE *file;
  if (traces) return;
  file = fopen("traces.txt", "r");
  isExplaining = getenv("EXPLAIN") != NULL;
  while (file && getline(&line, &size, file) > 0)
  { struct trace *t;
    traces = realloc(traces, (traceTotal + 1) * sizeof(struct trace));
    t = &traces[traceTotal++];
    memset(t, 0, sizeof(*t));
    t->steps = calloc(strlen(line) / 10 + 2, sizeof(struct step));
    for (from = line;; from = to)
    { unsigned char *field = (unsigned char *)&t->steps[t->length];
      int n;
      long value = strtol(from, &to, 10);
      if (from == to) break;
      field[0] = value;
      for (n = 1; n < 5; n++) field[n] = strtol(to, &to, 10);
      t->length++;
    }
  }
  atexit(report);
}

static const struct step *stepAt(int trace, int at)
{ struct trace *t = &traces[trace];
  long n;
  if (at > t->furthest)
  { t->furthest = at;
    for (n = beganAt, furthestLength = 0; isExplaining && n <= depth; n++)
      if (said[n]) strcpy(furthest[furthestLength++], words[n]);
  }
  return &t->steps[at]; /* behind the last one stands one of kind 0 */
}

#ifdef RELAYS
static int ownsStep(const struct step *s, int relay)
{ return s->kind == SEEN_KILLED ? s->who == relay / LOOPS : s->kind && s->kind != SEEN_OVER && s->who == relay;
}

static void lookAhead(int trace, int at, unsigned char *coming, unsigned char *rows, unsigned char *full,
  unsigned char *fate, unsigned char *sends, unsigned char *answers, unsigned char *refusals)
{ int r, n;
  for (r = 0; r < RELAYS; r++)
  { coming[r] = rows[r] = full[r] = fate[r] = sends[r] = answers[r] = refusals[r] = 0;
    for (n = at; n < traces[trace].length && !fate[r]; n++)
    { const struct step *s = &traces[trace].steps[n];
      if (!ownsStep(s, r)) continue;
      if (!coming[r]) { coming[r] = s->kind; if (s->kind == SEEN_CLAIMED) { rows[r] = s->rows; full[r] = s->parked; } }
      if (s->kind == SEEN_SENT) sends[r] |= s->rows;
      if (s->kind == SEEN_CONFIRMED || s->kind == SEEN_NACKED || s->kind == SEEN_RETURNED) answers[r] |= s->rows;
      if (s->kind == SEEN_MOVED) refusals[r] = s->refused;
      if (s->kind == SEEN_COMMITTED || s->kind == SEEN_ENDED || s->kind == SEEN_KILLED) fate[r] = s->kind;
    }
  }
}
#else
static int isOfTransaction(int kind)
{ return (kind >= SEEN_COMMITTED && kind <= SEEN_KILLED) || (kind >= SEEN_ENTERED && kind <= SEEN_COMMITTING);
}

static void lookAhead(int trace, int at, unsigned char *coming, unsigned char *fate, unsigned char *bad)
{ const struct trace *t = &traces[trace];
  int c, n;
  *bad = t->steps[t->length - 1].rows == 2;
  for (c = 0; c < CONSUMERS; c++)
  { coming[c] = fate[c] = 0;
    for (n = at; n < t->length && !fate[c]; n++)
    { const struct step *s = &t->steps[n];
      if (s->who != c || !isOfTransaction(s->kind)) continue;
      if (!coming[c]) coming[c] = s->kind;
      if (s->kind >= SEEN_COMMITTED && s->kind <= SEEN_KILLED) fate[c] = s->kind;
    }
  }
}
#endif

/* Instead of the verifier's Printf. */
static int sentence(const char *format, ...)
{ if (depth >= LONGEST) return 0;
  said[depth] = format;
  if (isExplaining && depth < LONGEST / 100)
  { va_list values;
    va_start(values, format);
    vsnprintf(words[depth], sizeof(words[0]), format, values);
    va_end(values);
  }
  return 1;
}

static void acceptTrace(int trace)
{ long n;
  int s;
  traces[trace].accepted = 1;
  for (n = beganAt; n <= depth; n++)
  { if (!said[n]) continue;
    for (s = 0; s < SENTENCES && taken[s].sentence && strcmp(taken[s].sentence, said[n]); s++);
    if (s == SENTENCES) continue;
    taken[s].sentence = said[n];
    taken[s].times++;
  }
}
