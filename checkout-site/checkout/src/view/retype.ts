/**
 * Reformats an input while the shopper types and keeps the caret after the same number of kept characters.
 * The value is set here, before the framework renders: otherwise the browser would move the caret.
 */
export function retype(
  input: HTMLInputElement,
  kept: RegExp,
  format: (plain: string) => string,
  plain: string,
): string {
  const caret = input.selectionStart ?? input.value.length;
  const before = [...input.value.slice(0, caret)].filter((char) => kept.test(char)).length;
  const text = format(plain);
  if (text === input.value) return text;
  input.value = text;
  let position = 0;
  for (let seen = 0; position < text.length && seen < before; position++) {
    if (kept.test(text[position] ?? "")) seen++;
  }
  if (document.activeElement === input) input.setSelectionRange(position, position);
  return text;
}
