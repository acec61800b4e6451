/** What a credential may do. Routes ask for a right, never for a role; docs/access.md lists them from here. */
export const RIGHTS = {
  'sessions:create': 'make tokens for agents’ pages',
  'calls:dial': 'dial for the own user',
  'calls:dial:any': 'dial for every user',
  'calls:read': 'read the own calls and their timelines',
  'calls:read:any': 'read everybody’s calls and their timelines',
  'calls:trail': 'read the facts a call is made of',
  'presence:read': 'see who is logged in',
  'numbers:show': 'see phone numbers whole; without it only those of own calls',
  'numbers:reveal': 'have the numbers of one call shown, which the audit log keeps',
  'keys:manage': 'make, list, rotate and revoke API keys, of no more rights than one’s own',
  'access:revoke': 'end tokens before their time, and list what was ended',
  'audit:read': 'read the audit log',
  'privacy:erase': 'erase a person',
  'privacy:export': 'have everything that is held on a person, numbers whole',
} as const satisfies Record<string, string>;

export type Right = keyof typeof RIGHTS;
export const ALL_RIGHTS = Object.keys(RIGHTS) as readonly Right[];

/** `agent` and `supervisor` are a person's, by a token; all but `agent` may be an API key's. */
export const ROLES = ['agent', 'supervisor', 'admin', 'operator'] as const;
export type Role = (typeof ROLES)[number];

const AGENT = ['calls:dial', 'calls:read'] as const satisfies readonly Right[];

/** Which role has which rights. A company's admin has all; an operator runs the system and sees no whole numbers. */
export const ROLE_RIGHTS: Readonly<Record<Role, readonly Right[]>> = {
  agent: AGENT,
  supervisor: [...AGENT, 'calls:read:any', 'calls:trail', 'presence:read', 'numbers:reveal'],
  admin: ALL_RIGHTS,
  operator: [
    'calls:read',
    'calls:read:any',
    'calls:trail',
    'presence:read',
    'keys:manage',
    'access:revoke',
    'audit:read',
  ],
};

export function isRight(name: string): name is Right {
  return Object.hasOwn(RIGHTS, name);
}

/**
 * The rights of a stored key: its role's, else those it lists, else all. Names this version does not know give
 * nothing.
 */
export function toKeyRights(role: string | null, rights: readonly string[] | null): ReadonlySet<Right> {
  if (role !== null) return new Set(ROLES.includes(role as Role) ? ROLE_RIGHTS[role as Role] : []);
  return new Set(rights === null ? ALL_RIGHTS : rights.filter(isRight));
}
