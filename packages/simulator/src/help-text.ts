/** What `GET /` answers. */
export const CONTROL_HELP = `A simulated CTI (PBX) with fault injection.

Originate (GET or POST, variables in the URL, by account):
  /api/clicktodial?origem=3501&destino=4732100123
Recordings of calls it played:
  GET|HEAD /recordings/{call id}.wav

Control plane, JSON in and out:
  GET    /control/originates            every originate request, in order
  DELETE /control/originates            forget originates, callbacks and calls that are over
  GET    /control/callbacks             every attempt of every callback
  GET    /control/calls                 calls and their states
  GET    /control/behaviour[?account=A] how the CTI behaves
  PUT    /control/behaviour[?account=A] change it: only the fields sent change
  DELETE /control/behaviour[?account=A] back to normal
  POST   /control/refuse                {"ms":5000}: connections are refused for that long
  POST   /control/incoming              {"account","from","to","outcome"?,"ringMs"?,"talkMs"?}
  GET    /healthz

Behaviour: answerDelayMs, status (200..599 or null),
  fault (none | reset_before_reply | mute | redirect | huge_body | garbage),
  callOnFault (bool), times (n or null: how many originates those last),
  ringMs, talkMs, outcome (answer | busy | no_answer), callbacks (bool), sendIds (bool),
  duplicateCallbacks (n), order (normal | ended_first),
  recording (with_end | later | never), recordingDelayMs
`;

/** What `--help` prints. */
export const COMMAND_HELP = `Usage: node dist/main.js [--help]

Runs a simulated CTI (PBX). Configured by the environment:
  SIM_PORT         port to listen on; 0 takes a free one (default 8090)
  SIM_HOST         address to listen on (default 127.0.0.1)
  SIM_PUBLIC_URL   where others reach it, for the addresses of recordings
                   (default http://SIM_HOST:SIM_PORT)
  SIM_WEBHOOK_URL  where callbacks go: {url}/v1/cti/{token}/{event} (default: nowhere)
  SIM_RING_MS      how long a call rings, ms (default 300)
  SIM_TALK_MS      how long an answered call lasts, ms (default 800)
  SIM_ACCOUNTS     JSON array of accounts
                   (default: one account "demo", extension 3501, agente "agente", senha "senha")

Logs JSON lines to stdout. SIGTERM and SIGINT stop it.

${CONTROL_HELP}`;
