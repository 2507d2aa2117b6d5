/* What all models share. A set of rows, messages or commands is a byte: bit n stands for number n.
   Each step of a process is one atomic block with one sentence (printf), which says in a trace what happened. */

#define bitOf(n) (1 << (n))
#define has(set, n) (((set) >> (n)) & 1)
#define plus(set, n) ((set) | bitOf(n))
#define minus(set, n) ((set) & ~bitOf(n))

/* Faults happen at any time and in any order, and so many in one run. */
byte faults = FAULTS;
#define fault faults > 0
#define count_fault faults--

/* Used within one step, and not part of the state. The search for the shortest trace has no such variables. */
#ifdef SHORTEST
#define scratch
#else
#define scratch hidden
#endif
scratch byte n;
scratch byte k;
