-- Every order and every filter of the list of servers is a walk along one of these. Rows of the same
-- value stand in order of creation: new ones land side by side, so that an index costs a write
-- little.
DROP INDEX servers_by_host;
DROP INDEX servers_by_changed;
DROP INDEX servers_by_name;
CREATE INDEX servers_by_project_name ON servers (project_id, name, created_at);
CREATE INDEX servers_by_project_change ON servers (project_id, updated_at);
CREATE INDEX servers_by_project_state ON servers (project_id, vm_state, created_at);
CREATE INDEX servers_by_access_ip_v4 ON servers (access_ip_v4, created_at);
CREATE INDEX servers_by_access_ip_v6 ON servers (access_ip_v6, created_at);
CREATE INDEX servers_by_availability_zone ON servers (availability_zone, created_at);
CREATE INDEX servers_by_change ON servers (updated_at, created_at);
CREATE INDEX servers_by_config_drive ON servers (config_drive, created_at);
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
CREATE INDEX servers_by_power_state ON servers (power_state, created_at);
CREATE INDEX servers_by_reservation ON servers (reservation_id, created_at);
CREATE INDEX servers_by_state ON servers (vm_state, created_at);
CREATE INDEX servers_by_task ON servers (task_state, created_at);
CREATE INDEX servers_by_termination ON servers (terminated_at, created_at);
CREATE INDEX servers_by_user ON servers (user_id, created_at);
