import './ramal-popup.js';
import { AgentSession } from './agent-session.js';
import { Desk } from './desk.js';
import { byId, element, setNotice, setText } from './element.js';
import { requestJson } from './http.js';
import { codeText, LANGUAGE, LANGUAGES, text, translatePage } from './language.js';
import { applyTheme, nextTheme } from './theme.js';

const REMEMBERED = 'ramal.agent';

translatePage();
showLanguages();
showTheme(applyTheme());
const signInNotice = byId('sign-in-notice');
const choice = byId('agent');
let agents = [];
let desk = null;

byId('sign-in').hidden = false;
byId('theme').addEventListener('click', () => showTheme(nextTheme()));
byId('sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const agent = agents[Number(choice.value)];
  if (agent !== undefined) signIn(agent).catch((error) => showProblem(error));
});
byId('sign-out').addEventListener('click', () => desk.signOut());
loadAgents().catch(() => setNotice(signInNotice, text('loadFailed'), 'problem'));

async function loadAgents() {
  const answer = await requestJson('/demo/agents');
  agents = answer.agents;
  desk = new Desk({ canSimulate: answer.incoming, onLeft: leave });
  choice.replaceChildren(...toGroups(agents));
  const remembered = agents.findIndex((agent) => toKey(agent) === sessionStorage.getItem(REMEMBERED));
  if (remembered >= 0) choice.value = String(remembered);
  const empty = agents.length === 0;
  byId('sign-in-form').hidden = empty;
  setNotice(signInNotice, empty ? text('noAgents') : '');
}

/** The agents of each company under its name; an option's value is the agent's place in the list. */
function toGroups(list) {
  const groups = new Map();
  for (const [index, agent] of list.entries()) {
    const group = groups.get(agent.tenant) ?? element('optgroup', { label: agent.company ?? agent.tenant });
    groups.set(agent.tenant, group);
    group.append(element('option', { value: String(index) }, toName(agent)));
  }
  return [...groups.values()];
}

async function signIn(agent) {
  setNotice(signInNotice, '');
  const { tenant, user } = agent;
  const session = new AgentSession(() =>
    requestJson('/demo/session', { method: 'POST', body: { tenant, user } }),
  );
  const { agent: signedIn } = await session.get();
  sessionStorage.setItem(REMEMBERED, toKey(agent));
  byId('sign-in').hidden = true;
  byId('desk').hidden = false;
  byId('sign-out').hidden = false;
  setText(byId('who'), toName({ ...agent, ramal: signedIn.ramal }));
  await desk.open(session, signedIn);
  byId('number').focus();
}

/** The agent has left, on this page or on another one of this browser. */
function leave() {
  byId('desk').hidden = true;
  byId('sign-out').hidden = true;
  byId('sign-in').hidden = false;
  setText(byId('who'), '');
  choice.focus();
}

function showProblem(error) {
  setNotice(signInNotice, codeText('error', error.code, error.message), 'problem');
}

function showLanguages() {
  const links = LANGUAGES.map((language) =>
    element(
      'a',
      {
        href: `?lang=${language}`,
        hreflang: language,
        lang: language,
        ...(language === LANGUAGE ? { 'aria-current': 'true' } : {}),
      },
      language.slice(0, 2).toUpperCase(),
    ),
  );
  byId('languages').replaceChildren(...links);
}

function showTheme(theme) {
  setText(byId('theme'), text(`theme.${theme}`));
}

function toName({ displayName, user, ramal }) {
  const line = ramal === null ? text('noRamal') : text('ramal', { ramal });
  return `${displayName ?? user} · ${line}`;
}

function toKey({ tenant, user }) {
  return JSON.stringify([tenant, user]);
}
