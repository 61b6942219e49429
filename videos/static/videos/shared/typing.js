// Whether the element takes text input, so that letters are not shortcuts.
export function isTyping(element) {
  const fields = "textarea, select, input:not([type=checkbox], [type=radio], [type=button])";
  return Boolean(element?.isContentEditable || element?.matches?.(fields));
}
