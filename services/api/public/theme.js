import { byId } from './element.js';

const REMEMBERED = 'ramal.theme';
const THEMES = ['auto', 'light', 'dark'];

/** Makes the page and the pop-ups light, dark or what the browser prefers, as chosen here before. Returns which. */
export function applyTheme() {
  const kept = localStorage.getItem(REMEMBERED);
  return show(THEMES.includes(kept) ? kept : 'auto');
}

/** The next one of the three. */
export function nextTheme() {
  const now = document.documentElement.dataset.theme ?? 'auto';
  return show(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
}

function show(theme) {
  localStorage.setItem(REMEMBERED, theme);
  document.documentElement.dataset.theme = theme;
  byId('popups').theme = theme === 'auto' ? null : theme;
  return theme;
}
