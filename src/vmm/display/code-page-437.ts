/** Code page 437, the characters of a PC's font, as Unicode. */

/** 00h to 1Fh and 7Fh are pictures, too; 00h is empty. */
const LOW = ' ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼';
const HIGH =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀' +
  'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ';

/** Characters by code. */
export const CODE_PAGE_437: readonly string[] = [
  ...LOW,
  ...Array.from({ length: 0x5f }, (_, n) => String.fromCharCode(0x20 + n)),
  '⌂',
  ...HIGH,
];
