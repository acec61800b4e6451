// Ramal in a React app: one connection for the app, the pop-ups as the element, and a hook for whatever else shows calls.
// npm packages: react, @ramal/client, @ramal/popup.
import { connect } from '@ramal/client';
import '@ramal/popup';
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from 'react';

const RamalContext = createContext(null);

/** @param {{ gatewayUrl: string, sessionUrl: string, onScreenPop: Function, nameOf?: Function, children: any }} props */
export function RamalProvider({ gatewayUrl, sessionUrl, onScreenPop, nameOf, children }) {
  const [client, setClient] = useState(null);
  const popup = useRef(null);

  useEffect(() => {
    const opened = connect({ url: gatewayUrl, getToken: () => fetchSession(sessionUrl) });
    setClient(opened);
    return () => opened.close();
  }, [gatewayUrl, sessionUrl]);

  // Properties, not attributes: these are objects and functions.
  useEffect(() => {
    Object.assign(popup.current, { client, screenPop: onScreenPop, nameOf: nameOf ?? null });
  }, [client, onScreenPop, nameOf]);

  return (
    <RamalContext.Provider value={client}>
      {children}
      <ramal-popup ref={popup} click-to-dial="" />
    </RamalContext.Provider>
  );
}

/** The calls of the agent that have not ended. */
export function useCalls() {
  const client = useContext(RamalContext);
  return useSyncExternalStore(
    (listener) => client?.calls.subscribe(listener) ?? (() => undefined),
    () => client?.calls.list ?? NONE,
  );
}

/** A number that dials; <ramal-popup click-to-dial> does the rest. */
export function PhoneNumber({ number }) {
  return <button data-ramal-dial={number}>{number}</button>;
}

const NONE = [];

async function fetchSession(url) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  if (!answer.ok) throw new Error(`no session: ${answer.status}`);
  return answer.json();
}
