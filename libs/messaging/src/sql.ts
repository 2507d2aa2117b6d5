/** For a service of others that runs our .sql files (`@mentor-sessions/messaging/sql/*.sql`) beside its own. */
export { readSql } from '@mentor-sessions/service-kit/sql-files';
