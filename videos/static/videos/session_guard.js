// Hides a page that the browser restores from its cache after the user has logged out. A plain, blocking script, so that
// it runs before anything is painted.
(() => {
  const { content: mark, dataset } = document.querySelector("meta[name='login-mark']");
  const isLoggedOut = () => !document.cookie.split("; ").includes(`${dataset.cookie}=${mark}`);

  function reload() {
    document.documentElement.hidden = true;
    location.reload();
  }

  // A page just loaded from the server always matches its cookie. Where the browser hides the cookie from scripts, it
  // would reload for ever, so a reload is not repeated.
  const [visit] = performance.getEntriesByType("navigation");
  if (isLoggedOut() && visit?.type !== "reload") reload();
  addEventListener("pageshow", (event) => {
    if (event.persisted && isLoggedOut()) reload();
  });
})();
