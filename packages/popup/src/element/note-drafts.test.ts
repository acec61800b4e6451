import type { ShownPopup } from '@ramal/client';
import { describe, expect, it } from 'vitest';
import { type NoteDetail, NoteDrafts } from './note-drafts.ts';

const popup = { popupId: 'p1', callId: 'c1' } as ShownPopup;

function open(onNote: (detail: NoteDetail) => void = () => undefined) {
  const handed: string[] = [];
  const notes = new NoteDrafts({
    hand: (detail) => {
      handed.push(detail.text);
      onNote(detail);
    },
    onChange: () => undefined,
  });
  return { notes, handed };
}

describe('notes of a call', () => {
  it('go to the host once when saved, and again only when they have changed', () => {
    const { notes, handed } = open();
    notes.write(popup, ' wants a quote ');
    notes.save('c1');
    notes.save('c1');
    notes.write(popup, 'wants two quotes');
    notes.save('c1');
    expect(handed).toEqual(['wants a quote', 'wants two quotes']);
    expect(notes.get('c1').state).toBe('saved');
  });

  it('that nobody saved go to the host when the last pop-up of the call goes', () => {
    const { notes, handed } = open();
    notes.write(popup, 'never pressed the button');
    notes.close('c1');
    expect(handed).toEqual(['never pressed the button']);
    expect(notes.get('c1')).toEqual({ text: '', state: 'idle' });
  });

  it('of nothing but spaces are none', () => {
    const { notes, handed } = open();
    notes.write(popup, '  \n ');
    notes.save('c1');
    notes.closeAll();
    expect(handed).toEqual([]);
  });

  it('that the host could not save stay, to be saved again', async () => {
    let answers = [Promise.reject(new Error('away')), Promise.resolve()];
    const { notes, handed } = open(({ waitUntil }) => {
      const [answer, ...others] = answers;
      answers = others as typeof answers;
      if (answer !== undefined) waitUntil(answer);
    });
    notes.write(popup, 'text');
    notes.save('c1');
    expect(notes.get('c1').state).toBe('saving');
    await new Promise((resolve) => setImmediate(resolve));
    expect(notes.get('c1')).toMatchObject({ text: 'text', state: 'failed' });
    notes.save('c1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(notes.get('c1')).toMatchObject({ text: 'text', state: 'saved' });
    expect(handed).toEqual(['text', 'text']);
  });
});
