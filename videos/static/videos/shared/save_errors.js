// Whether an answer is a sentence that says why nothing can be saved now, as on a full disk, and not a page.
// Takes what htmx gives, or the answer to a fetch.
export function isRefusal(answer) {
  const type = answer.headers ? answer.headers.get("Content-Type") : answer.getResponseHeader("Content-Type");
  return answer.status === 503 && Boolean(type?.startsWith("text/plain"));
}
