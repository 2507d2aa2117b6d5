// Control and format characters (terminal escapes, right-to-left overrides), line separators, lone surrogates and invisible
// characters: each can make a screen show something other than the text.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

const escaped = (character: string): string => `\\u{${character.codePointAt(0)?.toString(16)}}`;

/** One line that is safe to show on a terminal: unsafe characters become `\u{1b}`. */
export const printable = (text: string): string => text.replace(unsafe, escaped);

/** The same for several lines: newlines and tabs stay. */
export const printableLines = (text: string): string =>
  text.replace(unsafe, (character) => (character === '\n' || character === '\t' ? character : escaped(character)));

/** Of one or two UTF-16 code units. */
const units = (character: string): string =>
  character.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** JSON of the same value with these characters escaped: `JSON.stringify` leaves most of them as they are. */
export const printableJson = (json: string): string =>
  json.replace(unsafe, (character) => (character === '\n' ? character : units(character)));
