const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** What is drawn as nothing, or turns the rest of a line around, stands there as `\u{202e}`; lines stay lines. */
export const shown = (text) =>
  text.replace(unsafe, (character) =>
    character === '\n' || character === '\t' ? character : `\\u{${character.codePointAt(0).toString(16)}}`,
  );
