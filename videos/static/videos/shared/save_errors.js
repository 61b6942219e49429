// Whether a response is a plain-text 503 that explains why nothing can be saved now, for example because the disk is full.
// Takes the XMLHttpRequest of htmx or the Response of fetch.
export function isSaveError(response) {
  const type = response.headers ? response.headers.get("Content-Type") : response.getResponseHeader("Content-Type");
  return response.status === 503 && Boolean(type?.startsWith("text/plain"));
}
