import type { PopupKind } from '@ramal/client';
import { svg, type SVGTemplateResult } from 'lit';

const HANDSET =
  'M5 3.5h3l1.5 4-2 1.5a11 11 0 0 0 5.5 5.5l1.5-2 4 1.5v3a2 2 0 0 1-2.2 2A15.5 15.5 0 0 1 3 5.7a2 2 0 0 1 2-2.2Z';

/** A handset with where the call goes: out, in, over. */
export const KIND_ICONS: Record<PopupKind, SVGTemplateResult> = {
  start: svg`<path d=${HANDSET} /><path d="M14.5 9.5 21 3M16 3h5v5" />`,
  incoming: svg`<path d=${HANDSET} /><path d="M21 3l-6.5 6.5M14.5 4.5v5h5" />`,
  end: svg`<path d=${HANDSET} /><path d="m15 4 5 5m0-5-5 5" />`,
};

export const CROSS: SVGTemplateResult = svg`<path d="M6 6l12 12M18 6 6 18" />`;
