// Shows nothing of a page whose login has ended, when the browser takes it from its memory: a plain, blocking script.
(() => {
  const { content: mark, dataset } = document.querySelector("meta[name='login-mark']");
  const hasEnded = () => !document.cookie.split("; ").includes(`${dataset.cookie}=${mark}`);

  function askAgain() {
    document.documentElement.hidden = true;
    location.reload();
  }

  // A page that comes from the server at this moment has the mark of its cookie. Where a browser keeps the cookie from
  // scripts, reloading would never end.
  const [visit] = performance.getEntriesByType("navigation");
  if (hasEnded() && visit?.type !== "reload") askAgain();
  addEventListener("pageshow", (event) => {
    if (event.persisted && hasEnded()) askAgain();
  });
})();
