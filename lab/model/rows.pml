/* Promela has no loop over the options of a choice, nor over the terms of a condition. These write them out for the numbers
   0 to ROWS - 1 (2 to 6 rows): each(what) as options, anyOf(what) as terms joined by "or", anyOther(what, i) as what(i, 0) or
   what(i, 1) and so on. */

#define each(what) what(0) what(1) STEP_2(what) STEP_3(what) STEP_4(what) STEP_5(what)
#define anyOf(what) (what(0) || what(1) TERM_2(what) TERM_3(what) TERM_4(what) TERM_5(what))
#define anyOther(what, i) (what(i, 0) || what(i, 1) OTHER_2(what, i) OTHER_3(what, i) OTHER_4(what, i) OTHER_5(what, i))

#if ROWS > 2
#define STEP_2(what) what(2)
#define TERM_2(what) || what(2)
#define OTHER_2(what, i) || what(i, 2)
#else
#define STEP_2(what)
#define TERM_2(what)
#define OTHER_2(what, i)
#endif

#if ROWS > 3
#define STEP_3(what) what(3)
#define TERM_3(what) || what(3)
#define OTHER_3(what, i) || what(i, 3)
#else
#define STEP_3(what)
#define TERM_3(what)
#define OTHER_3(what, i)
#endif

#if ROWS > 4
#define STEP_4(what) what(4)
#define TERM_4(what) || what(4)
#define OTHER_4(what, i) || what(i, 4)
#else
#define STEP_4(what)
#define TERM_4(what)
#define OTHER_4(what, i)
#endif

#if ROWS > 5
#define STEP_5(what) what(5)
#define TERM_5(what) || what(5)
#define OTHER_5(what, i) || what(i, 5)
#else
#define STEP_5(what)
#define TERM_5(what)
#define OTHER_5(what, i)
#endif
