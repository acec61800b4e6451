import { ROLE_SERVICES, type RoleService, toRoleName } from '@ramal/contracts';
import { listMigratedTables } from './migrated-tables.ts';
import { SERVICE_RIGHTS, type TableRight } from './service-rights.ts';

const OWNER = toRoleName('owner');

/**
 * Statements that bring a migrated database's roles to what `SERVICE_RIGHTS` says, one transaction's worth: rights that
 * are not there any more are taken away. May run any number of times. Passwords are no part of it.
 */
export function toRightsSql(): string[] {
  return [...ROLE_SERVICES.flatMap(toCreateRole), ...toOwnership(), ...ROLE_SERVICES.flatMap(toGrants)];
}

/** The same as a file for `psql`. */
export function toRightsFile(): string {
  return [
    '-- The roles of the services and what each may do (threat 12). Written by "npm run rights" from',
    '-- packages/store/src/rights/service-rights.ts: change it there. Run it as an administrator, on the migrated',
    '-- database, after each "ramal migrate"; "ramal db grant" does the same and sets the passwords too.',
    'begin;',
    ...toRightsSql().map((statement) => `${statement};`),
    'commit;',
    '',
  ].join('\n');
}

/** Roles are the cluster's: another database's setup may make the same one at the same moment. */
function toCreateRole(service: RoleService | 'owner'): string[] {
  const role = toRoleName(service);
  return [
    `do $$ begin
  if not exists (select 1 from pg_roles where rolname = '${role}') then create role ${role} login; end if;
exception when duplicate_object or unique_violation then null;
end $$`,
  ];
}

/**
 * What whoever runs this owns of ours goes to the owner's role, which migrates from now on. A table that is the CRM's own
 * stays the CRM's.
 */
function toOwnership(): string[] {
  return [
    ...toCreateRole('owner'),
    `do $$ begin
  -- To hand something over takes membership, but for a superuser.
  if not (select rolsuper from pg_roles where rolname = current_user) and current_user <> '${OWNER}' then
    execute 'grant ${OWNER} to ' || quote_ident(current_user);
  end if;
  execute format('grant usage, create on schema %I to ${OWNER}', current_schema());
end $$`,
    `do $$
declare
  one record;
begin
  for one in
    select c.oid::regclass as name
      from pg_class c
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
       and c.relowner = current_user::regrole and current_user <> '${OWNER}'
       and (c.relname in (${listMigratedTables()
         .map((table) => `'${table}'`)
         .join(', ')})
            or exists (select 1 from pg_inherits i
                        where i.inhrelid = c.oid
                          and i.inhparent in (select p.oid from pg_class p
                                               where p.relnamespace = c.relnamespace
                                                 and p.relname in ('calls', 'call_events', 'call_traces'))))
  loop
    execute format('alter table %s owner to ${OWNER}', one.name);
  end loop;
  for one in
    select p.oid::regprocedure as name
      from pg_proc p
     where p.pronamespace = current_schema()::regnamespace and starts_with(p.proname, 'ramal_')
       and p.proowner = current_user::regrole and current_user <> '${OWNER}'
  loop
    execute format('alter function %s owner to ${OWNER}', one.name);
  end loop;
end $$`,
  ];
}

function toGrants(service: RoleService): string[] {
  const role = toRoleName(service);
  const { tables, functions = [] } = SERVICE_RIGHTS[service];
  return [
    `do $$ begin
  execute format('revoke all on all tables in schema %I from ${role}', current_schema());
  execute format('revoke all on all functions in schema %I from ${role}', current_schema());
  execute format('grant usage on schema %I to ${role}', current_schema());
end $$`,
    ...tables.map((right) => `grant ${toPrivilege(right)} on ${right.table} to ${role}`),
    ...functions.map((name) => `grant execute on function ${name} to ${role}`),
  ];
}

function toPrivilege({ privilege, columns }: TableRight): string {
  return columns === undefined ? privilege : `${privilege} (${columns.join(', ')})`;
}
