import { emissionsSchema } from '@mentor-sessions/messaging/schema';
import { Migration } from '@mikro-orm/migrations';
import { appRole, operatorRole } from '../roles.ts';

const emissions = emissionsSchema({ appRole, operatorRole });

/** For comparing what has changed since: rows are only ever added, in this order, so that it costs an insert little. */
const byTime = 'create index session_transition_by_time on session_transitions (at)';

/** Counted in a table of up to 32 MB; of a larger one the planner's statistics tell, which ANALYZE renews by itself. */
const counts = `
create function sessions_by_status(out status text, out count float8) returns setof record
language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
begin
  if pg_relation_size('sessions') > 32 * 1024 * 1024 then
    return query
      select known.status, known.share * greatest(c.reltuples, 0)
      from pg_class c join pg_stats s on s.schemaname = 'public' and s.tablename = 'sessions' and s.attname = 'status',
        unnest(s.most_common_vals::text::text[], s.most_common_freqs::float8[]) as known(status, share)
      where c.oid = 'sessions'::regclass;
    if found then return; end if;
  end if;
  return query select s.status, pg_catalog.count(*)::float8 from sessions s group by s.status;
end $$`;

const signature = 'sessions_by_status()';

export class Reconciliation extends Migration {
  override up(): void {
    [...emissions.up, byTime, counts].forEach((sql) => this.addSql(sql));
    this.addSql(`revoke all on function ${signature} from public`);
    this.addSql(`grant execute on function ${signature} to ${appRole}, ${operatorRole}`);
  }

  override down(): void {
    this.addSql(`drop function ${signature}`);
    this.addSql('drop index session_transition_by_time');
    emissions.down.forEach((sql) => this.addSql(sql));
  }
}
