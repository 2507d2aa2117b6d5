export const whenParentIsGone: (act: () => void) => void;
