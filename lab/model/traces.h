/* Traces of the running code, for the verifier that Spin makes of a model: reads them, remembers which were accepted and how
   far the others came. Numbers of kinds are those of lab/model/traces/steps.ts. */
#include <stdarg.h>

enum { CLAIMED = 1, SENT, CONFIRMED, NACKED, RETURNED, MOVED, COMMITTED, ENDED, KILLED, OVER };

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

static int ownsStep(const struct step *s, int relay)
{ return s->kind == KILLED ? s->who == relay / LOOPS : s->kind && s->kind != OVER && s->who == relay;
}

static void readAhead(int trace, int at, unsigned char *coming, unsigned char *rows, unsigned char *full,
  unsigned char *fate, unsigned char *sends, unsigned char *answers, unsigned char *refusals)
{ int r, n;
  for (r = 0; r < RELAYS; r++)
  { coming[r] = rows[r] = full[r] = fate[r] = sends[r] = answers[r] = refusals[r] = 0;
    for (n = at; n < traces[trace].length && !fate[r]; n++)
    { const struct step *s = &traces[trace].steps[n];
      if (!ownsStep(s, r)) continue;
      if (!coming[r]) { coming[r] = s->kind; if (s->kind == CLAIMED) { rows[r] = s->rows; full[r] = s->parked; } }
      if (s->kind == SENT) sends[r] |= s->rows;
      if (s->kind == CONFIRMED || s->kind == NACKED || s->kind == RETURNED) answers[r] |= s->rows;
      if (s->kind == MOVED) refusals[r] = s->refused;
      if (s->kind == COMMITTED || s->kind == ENDED || s->kind == KILLED) fate[r] = s->kind;
    }
  }
}

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
