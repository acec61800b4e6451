/**
 * Tells of a call on the desktop while nobody looks at the page, only where the person has allowed it before.
 * @param onPress the person pressed it, and the page has been brought to the front
 */
export function showDesktopNotice(notice: {
  title: string;
  body: string;
  /** One notice for each call. */
  tag: string;
  lang: string;
  onPress: () => void;
}): (() => void) | null {
  if (document.visibilityState === 'visible') return null;
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return null;
  const { title, body, tag, lang, onPress } = notice;
  try {
    const shown = new Notification(title, { body, tag, lang });
    shown.addEventListener('click', () => {
      window.focus();
      shown.close();
      onPress();
    });
    return () => shown.close();
  } catch {
    // Chromium on Android lets only service workers do it; the pop-up itself stands in the page.
    return null;
  }
}

/** Asks the person whether the desktop may tell of calls; call it from a click of theirs. */
export async function askForDesktopNotices(): Promise<NotificationPermission> {
  return typeof Notification === 'undefined' ? 'denied' : Notification.requestPermission();
}
