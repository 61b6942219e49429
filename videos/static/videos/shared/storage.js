// What the browser keeps for this page. A browser that keeps nothing forgets, and nothing else happens.
export function recall(key, otherwise, store = "localStorage") {
  try {
    const kept = window[store].getItem(key);
    return kept === null ? otherwise : JSON.parse(kept);
  } catch {
    return otherwise;
  }
}

export function remember(key, value, store = "localStorage") {
  try {
    window[store].setItem(key, JSON.stringify(value));
  } catch {
    // Full, or not allowed.
  }
}

export function forget(key, store = "localStorage") {
  try {
    window[store].removeItem(key);
  } catch {
    // Not allowed.
  }
}
