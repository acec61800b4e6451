import { AgentDesk } from './agent-desk.js';
import { AgentSession } from './agent-session.js';
import { byId, element, setNotice, setText } from './element.js';
import { requestJson } from './http.js';
import { codeText, text, translatePage } from './language.js';

const REMEMBERED = 'ramal.agent';

translatePage();
const signInNotice = byId('sign-in-notice');
const choice = byId('agent');
let agents = [];
let desk = null;

byId('sign-in').hidden = false;
byId('sign-in-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const agent = agents[Number(choice.value)];
  if (agent !== undefined) signIn(agent).catch((error) => showProblem(error));
});
byId('sign-out').addEventListener('click', signOut);
loadAgents().catch(() => setNotice(signInNotice, text('loadFailed'), 'problem'));

async function loadAgents() {
  const answer = await requestJson('/demo/agents');
  agents = answer.agents;
  desk = new AgentDesk({ canSimulate: answer.incoming });
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
  desk.open(session, signedIn);
  byId('number').focus();
}

function signOut() {
  desk.close();
  byId('desk').hidden = true;
  byId('sign-out').hidden = true;
  byId('sign-in').hidden = false;
  setText(byId('who'), '');
  choice.focus();
}

function showProblem(error) {
  setNotice(signInNotice, codeText('error', error.code, error.message), 'problem');
}

function toName({ displayName, user, ramal }) {
  const line = ramal === null ? text('noRamal') : text('ramal', { ramal });
  return `${displayName ?? user} · ${line}`;
}

function toKey({ tenant, user }) {
  return JSON.stringify([tenant, user]);
}
