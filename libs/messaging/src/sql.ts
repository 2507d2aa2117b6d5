/** For services of other teams that run these .sql files (`@mentor-sessions/messaging/sql/*.sql`) beside their own. */
export { readSql } from '@mentor-sessions/service-kit/sql-files';
