// Whether what is pressed goes into this field, where a letter is a letter.
export function isTyping(element) {
  const fields = "textarea, select, input:not([type=checkbox], [type=radio], [type=button])";
  return Boolean(element?.isContentEditable || element?.matches?.(fields));
}
