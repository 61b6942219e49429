// JSON values in localStorage or sessionStorage. Both may be blocked or full: reading then gives the fallback, and writing
// does nothing.
export function getItem(key, fallback, area = "localStorage") {
  try {
    const json = window[area].getItem(key);
    return json === null ? fallback : JSON.parse(json);
  } catch {
    return fallback;
  }
}

export function setItem(key, value, area = "localStorage") {
  try {
    window[area].setItem(key, JSON.stringify(value));
  } catch {
    // Full, or blocked.
  }
}

export function removeItem(key, area = "localStorage") {
  try {
    window[area].removeItem(key);
  } catch {
    // Blocked.
  }
}
