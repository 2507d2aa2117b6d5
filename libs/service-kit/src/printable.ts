// Control and format characters (terminal escapes, text that runs backwards), line separators, halves of pairs, and what
// is drawn as nothing: each can make a screen show something else than what is there.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;

/** One line that a terminal only shows and never obeys: what it must not see stands there as `\u{1b}`. */
export const printable = (text: string): string => text.replace(unsafe, escaped);

/** The same for text that has lines: newlines and tabs stay. */
export const printableLines = (text: string): string =>
  text.replace(unsafe, (character) => (character === '\n' || character === '\t' ? character : escaped(character)));

const units = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at).toString(16).padStart(4, '0'))
    .map((unit) => `\\u${unit}`)
    .join('');

/** JSON of the same value, in which JSON's own escapes stand for those characters: `JSON.stringify` leaves most of them as they are. */
export const printableJson = (json: string): string =>
  json.replace(unsafe, (character) => (character === '\n' ? character : units(character)));
