-- Every order and every filter of the list of servers is a walk along one of these. Rows of the same
-- value stand in order of creation: new ones land side by side, so that an index costs a write
-- little.
-- The id is left out: rows of one microsecond are few, and an index that gave the whole order would
-- be taken before one that meets the filter.
DROP INDEX servers_by_project;
DROP INDEX servers_by_created;
DROP INDEX servers_by_host;
DROP INDEX servers_by_changed;
DROP INDEX servers_by_name;
CREATE INDEX servers_by_project ON servers (project_id, created_at);
CREATE INDEX servers_by_project_image ON servers (project_id, image_id, created_at);
CREATE INDEX servers_by_project_key ON servers (project_id, key_name, created_at);
CREATE INDEX servers_by_project_user ON servers (project_id, user_id, created_at);
CREATE INDEX servers_by_project_name ON servers (project_id, name, created_at);
CREATE INDEX servers_by_project_change ON servers (project_id, updated_at, created_at);
CREATE INDEX servers_by_project_state ON servers (project_id, vm_state, created_at);
CREATE INDEX servers_by_access_ip_v4 ON servers (access_ip_v4, created_at);
CREATE INDEX servers_by_access_ip_v6 ON servers (access_ip_v6, created_at);
CREATE INDEX servers_by_availability_zone ON servers (availability_zone, created_at);
CREATE INDEX servers_by_change ON servers (updated_at, created_at);
CREATE INDEX servers_by_config_drive ON servers (config_drive, created_at);
CREATE INDEX servers_by_creation ON servers (created_at);
CREATE INDEX servers_by_disk_config ON servers (disk_config, created_at);
CREATE INDEX servers_by_flavor ON servers (flavor_id, created_at);
CREATE INDEX servers_by_host ON servers (host, created_at);
CREATE INDEX servers_by_hostname ON servers (hostname, created_at);
CREATE INDEX servers_by_image ON servers (image_id, created_at);
CREATE INDEX servers_by_key ON servers (key_name, created_at);
CREATE INDEX servers_by_launch ON servers (launched_at, created_at);
CREATE INDEX servers_by_launch_index ON servers (launch_index, created_at);
CREATE INDEX servers_by_locked ON servers (locked, created_at);
CREATE INDEX servers_by_name ON servers (name, created_at);
-- Names are looked for whatever their case.
CREATE INDEX servers_by_any_case_name ON servers (name COLLATE NOCASE, created_at);
CREATE INDEX servers_by_power_state ON servers (power_state, created_at);
CREATE INDEX servers_by_reservation ON servers (reservation_id, created_at);
CREATE INDEX servers_by_state ON servers (vm_state, created_at);
CREATE INDEX servers_by_task ON servers (task_state, created_at);
CREATE INDEX servers_by_termination ON servers (terminated_at, created_at);
CREATE INDEX servers_by_user ON servers (user_id, created_at);
