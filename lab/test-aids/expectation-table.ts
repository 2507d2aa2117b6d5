/** A text table: `|` between columns, column names in the first line. Cells with commas are lists. */
export const readTable = (text: string): Record<string, string>[] => {
  const [names = [], ...lines] = text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return lines.map((cells) => Object.fromEntries(names.map((name, column) => [name, cells[column] ?? ''])));
};

export const listed = (cell: string | undefined): string[] => (cell ?? '').split(',').map((item) => item.trim());
