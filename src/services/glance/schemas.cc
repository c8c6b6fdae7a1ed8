#include "services/glance/parts.h"

namespace haneul::glance {
namespace {

// As upstream serves them; clients build forms of them.
// upstream: openstack/glance:glance/api/v2/images.py, image_members.py, tasks.py
// clang-format off
constexpr std::string_view kImageSchema =
    R"~({"name": "image", "properties": {"id": {"type": "string", "description": "An )~"
    R"~(identifier for the image", "pattern": )~"
    R"~("^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"}, )~"
    R"~("name": {"type": ["null", "string"], "description": "Descriptive name for the )~"
    R"~(image", "maxLength": 255}, "status": {"type": "string", "readOnly": true, )~"
    R"~("description": "Status of the image", "enum": ["queued", "saving", "active", )~"
    R"~("killed", "deleted", "uploading", "importing", "pending_delete", "deactivated"]}, )~"
    R"~("visibility": {"type": "string", "description": "Scope of image accessibility", )~"
    R"~("enum": ["community", "public", "private", "shared"]}, "protected": {"type": )~"
    R"~("boolean", "description": "If true, image will not be deletable."}, "os_hidden": )~"
    R"~({"type": "boolean", "description": "If true, image will not appear in default image )~"
    R"~(list response."}, "checksum": {"type": ["null", "string"], "readOnly": true, )~"
    R"~("description": "md5 hash of image contents.", "maxLength": 32}, "os_hash_algo": )~"
    R"~({"type": ["null", "string"], "readOnly": true, "description": "Algorithm to )~"
    R"~(calculate the os_hash_value", "maxLength": 64}, "os_hash_value": {"type": ["null", )~"
    R"~("string"], "readOnly": true, "description": "Hexdigest of the image contents using )~"
    R"~(the algorithm specified by the os_hash_algo", "maxLength": 128}, "owner": {"type": )~"
    R"~(["null", "string"], "description": "Owner of the image", "maxLength": 255}, "size": )~"
    R"~({"type": ["null", "integer"], "readOnly": true, "description": "Size of image file )~"
    R"~(in bytes"}, "virtual_size": {"type": ["null", "integer"], "readOnly": true, )~"
    R"~("description": "Virtual size of image in bytes"}, "container_format": {"type": )~"
    R"~(["null", "string"], "description": "Format of the container", "enum": [null, "ami", )~"
    R"~("ari", "aki", "bare", "ovf", "ova", "docker", "compressed"]}, "disk_format": )~"
    R"~({"type": ["null", "string"], "description": "Format of the disk", "enum": [null, )~"
    R"~("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", )~"
    R"~("ploop"]}, "created_at": {"type": "string", "readOnly": true, "description": "Date )~"
    R"~(and time of image registration"}, "updated_at": {"type": "string", "readOnly": )~"
    R"~(true, "description": "Date and time of the last image modification"}, "tags": )~"
    R"~({"type": "array", "description": "List of strings related to the image", "items": )~"
    R"~({"type": "string", "maxLength": 255}}, "direct_url": {"type": "string", "readOnly": )~"
    R"~(true, "description": "URL to access the image file kept in external store"}, )~"
    R"~("min_ram": {"type": "integer", "description": "Amount of ram (in MB) required to )~"
    R"~(boot image."}, "min_disk": {"type": "integer", "description": "Amount of disk space )~"
    R"~((in GB) required to boot image."}, "self": {"type": "string", "readOnly": true, )~"
    R"~("description": "An image self url"}, "file": {"type": "string", "readOnly": true, )~"
    R"~("description": "An image file url"}, "stores": {"type": "string", "readOnly": true, )~"
    R"~("description": "Store in which image data resides.  Only present when the operator )~"
    R"~(has enabled multiple stores.  May be a comma-separated list of store )~"
    R"~(identifiers."}, "schema": {"type": "string", "readOnly": true, "description": "An )~"
    R"~(image schema url"}, "locations": {"type": "array", "items": {"type": "object", )~"
    R"~("properties": {"url": {"type": "string", "maxLength": 255}, "metadata": {"type": )~"
    R"~("object"}, "validation_data": {"description": "Values to be used to populate the )~"
    R"~(corresponding image properties. If the image status is not 'queued', values must )~"
    R"~(exactly match those already contained in the image properties.", "type": "object", )~"
    R"~("writeOnly": true, "additionalProperties": false, "properties": {"checksum": )~"
    R"~({"type": "string", "minLength": 32, "maxLength": 32}, "os_hash_algo": {"type": )~"
    R"~("string", "maxLength": 64}, "os_hash_value": {"type": "string", "maxLength": 128}}, )~"
    R"~("required": ["os_hash_algo", "os_hash_value"]}}, "required": ["url", "metadata"]}, )~"
    R"~("description": "A set of URLs to access the image file kept in external store"}}, )~"
    R"~("additionalProperties": {"type": "string"}, "links": [{"rel": "self", "href": )~"
    R"~("{self}"}, {"rel": "enclosure", "href": "{file}"}, {"rel": "describedby", "href": )~"
    R"~("{schema}"}]})~";

constexpr std::string_view kImagesSchema =
    R"~({"name": "images", "properties": {"images": {"type": "array", "items": {"name": )~"
    R"~("image", "properties": {"id": {"type": "string", "description": "An identifier for )~"
    R"~(the image", "pattern": )~"
    R"~("^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"}, )~"
    R"~("name": {"type": ["null", "string"], "description": "Descriptive name for the )~"
    R"~(image", "maxLength": 255}, "status": {"type": "string", "readOnly": true, )~"
    R"~("description": "Status of the image", "enum": ["queued", "saving", "active", )~"
    R"~("killed", "deleted", "uploading", "importing", "pending_delete", "deactivated"]}, )~"
    R"~("visibility": {"type": "string", "description": "Scope of image accessibility", )~"
    R"~("enum": ["community", "public", "private", "shared"]}, "protected": {"type": )~"
    R"~("boolean", "description": "If true, image will not be deletable."}, "os_hidden": )~"
    R"~({"type": "boolean", "description": "If true, image will not appear in default image )~"
    R"~(list response."}, "checksum": {"type": ["null", "string"], "readOnly": true, )~"
    R"~("description": "md5 hash of image contents.", "maxLength": 32}, "os_hash_algo": )~"
    R"~({"type": ["null", "string"], "readOnly": true, "description": "Algorithm to )~"
    R"~(calculate the os_hash_value", "maxLength": 64}, "os_hash_value": {"type": ["null", )~"
    R"~("string"], "readOnly": true, "description": "Hexdigest of the image contents using )~"
    R"~(the algorithm specified by the os_hash_algo", "maxLength": 128}, "owner": {"type": )~"
    R"~(["null", "string"], "description": "Owner of the image", "maxLength": 255}, "size": )~"
    R"~({"type": ["null", "integer"], "readOnly": true, "description": "Size of image file )~"
    R"~(in bytes"}, "virtual_size": {"type": ["null", "integer"], "readOnly": true, )~"
    R"~("description": "Virtual size of image in bytes"}, "container_format": {"type": )~"
    R"~(["null", "string"], "description": "Format of the container", "enum": [null, "ami", )~"
    R"~("ari", "aki", "bare", "ovf", "ova", "docker", "compressed"]}, "disk_format": )~"
    R"~({"type": ["null", "string"], "description": "Format of the disk", "enum": [null, )~"
    R"~("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", )~"
    R"~("ploop"]}, "created_at": {"type": "string", "readOnly": true, "description": "Date )~"
    R"~(and time of image registration"}, "updated_at": {"type": "string", "readOnly": )~"
    R"~(true, "description": "Date and time of the last image modification"}, "tags": )~"
    R"~({"type": "array", "description": "List of strings related to the image", "items": )~"
    R"~({"type": "string", "maxLength": 255}}, "direct_url": {"type": "string", "readOnly": )~"
    R"~(true, "description": "URL to access the image file kept in external store"}, )~"
    R"~("min_ram": {"type": "integer", "description": "Amount of ram (in MB) required to )~"
    R"~(boot image."}, "min_disk": {"type": "integer", "description": "Amount of disk space )~"
    R"~((in GB) required to boot image."}, "self": {"type": "string", "readOnly": true, )~"
    R"~("description": "An image self url"}, "file": {"type": "string", "readOnly": true, )~"
    R"~("description": "An image file url"}, "stores": {"type": "string", "readOnly": true, )~"
    R"~("description": "Store in which image data resides.  Only present when the operator )~"
    R"~(has enabled multiple stores.  May be a comma-separated list of store )~"
    R"~(identifiers."}, "schema": {"type": "string", "readOnly": true, "description": "An )~"
    R"~(image schema url"}, "locations": {"type": "array", "items": {"type": "object", )~"
    R"~("properties": {"url": {"type": "string", "maxLength": 255}, "metadata": {"type": )~"
    R"~("object"}, "validation_data": {"description": "Values to be used to populate the )~"
    R"~(corresponding image properties. If the image status is not 'queued', values must )~"
    R"~(exactly match those already contained in the image properties.", "type": "object", )~"
    R"~("writeOnly": true, "additionalProperties": false, "properties": {"checksum": )~"
    R"~({"type": "string", "minLength": 32, "maxLength": 32}, "os_hash_algo": {"type": )~"
    R"~("string", "maxLength": 64}, "os_hash_value": {"type": "string", "maxLength": 128}}, )~"
    R"~("required": ["os_hash_algo", "os_hash_value"]}}, "required": ["url", "metadata"]}, )~"
    R"~("description": "A set of URLs to access the image file kept in external store"}}, )~"
    R"~("additionalProperties": {"type": "string"}, "links": [{"rel": "self", "href": )~"
    R"~("{self}"}, {"rel": "enclosure", "href": "{file}"}, {"rel": "describedby", "href": )~"
    R"~("{schema}"}]}}, "first": {"type": "string"}, "next": {"type": "string"}, "schema": )~"
    R"~({"type": "string"}}, "links": [{"rel": "first", "href": "{first}"}, {"rel": "next", )~"
    R"~("href": "{next}"}, {"rel": "describedby", "href": "{schema}"}]})~";

constexpr std::string_view kMemberSchema =
    R"~({"name": "member", "properties": {"member_id": {"type": "string", "description": )~"
    R"~("An identifier for the image member (tenantId)"}, "image_id": {"type": "string", )~"
    R"~("description": "An identifier for the image", "pattern": )~"
    R"~("^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"}, )~"
    R"~("created_at": {"type": "string", "description": "Date and time of image member )~"
    R"~(creation"}, "updated_at": {"type": "string", "description": "Date and time of last )~"
    R"~(modification of image member"}, "status": {"type": "string", "description": "The )~"
    R"~(status of this image member", "enum": ["pending", "accepted", "rejected"]}, )~"
    R"~("schema": {"readOnly": true, "type": "string"}}})~";

constexpr std::string_view kMembersSchema =
    R"~({"name": "members", "properties": {"members": {"type": "array", "items": {"name": )~"
    R"~("member", "properties": {"member_id": {"type": "string", "description": "An )~"
    R"~(identifier for the image member (tenantId)"}, "image_id": {"type": "string", )~"
    R"~("description": "An identifier for the image", "pattern": )~"
    R"~("^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"}, )~"
    R"~("created_at": {"type": "string", "description": "Date and time of image member )~"
    R"~(creation"}, "updated_at": {"type": "string", "description": "Date and time of last )~"
    R"~(modification of image member"}, "status": {"type": "string", "description": "The )~"
    R"~(status of this image member", "enum": ["pending", "accepted", "rejected"]}, )~"
    R"~("schema": {"readOnly": true, "type": "string"}}}}, "schema": {"type": "string"}}, )~"
    R"~("links": [{"rel": "describedby", "href": "{schema}"}]})~";

constexpr std::string_view kTaskSchema =
    R"~({"name": "task", "properties": {"id": {"description": "An identifier for the task", )~"
    R"~("pattern": )~"
    R"~("^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$", )~"
    R"~("type": "string"}, "type": {"description": "The type of task represented by this )~"
    R"~(content", "enum": ["import", "api_image_import", "location_import"], "type": )~"
    R"~("string"}, "status": {"description": "The current status of this task", "enum": )~"
    R"~(["pending", "processing", "success", "failure"], "type": "string"}, "input": )~"
    R"~({"description": "The parameters required by task, JSON blob", "type": ["null", )~"
    R"~("object"]}, "result": {"description": "The result of current task, JSON blob", )~"
    R"~("type": ["null", "object"]}, "owner": {"description": "An identifier for the owner )~"
    R"~(of this task", "type": "string"}, "message": {"description": "Human-readable )~"
    R"~(informative message only included when appropriate (usually on failure)", "type": )~"
    R"~("string"}, "image_id": {"description": "Image associated with the task", "type": )~"
    R"~("string"}, "request_id": {"description": "Human-readable informative request-id", )~"
    R"~("type": "string"}, "user_id": {"description": "User associated with the task", )~"
    R"~("type": "string"}, "expires_at": {"description": "Datetime when this resource would )~"
    R"~(be subject to removal", "type": ["null", "string"]}, "created_at": {"description": )~"
    R"~("Datetime when this resource was created", "type": "string"}, "updated_at": )~"
    R"~({"description": "Datetime when this resource was updated", "type": "string"}, )~"
    R"~("self": {"readOnly": true, "type": "string"}, "schema": {"readOnly": true, "type": )~"
    R"~("string"}}})~";

constexpr std::string_view kTasksSchema =
    R"~({"name": "tasks", "properties": {"tasks": {"type": "array", "items": {"name": )~"
    R"~("task", "properties": {"id": {"description": "An identifier for the task", )~"
    R"~("pattern": )~"
    R"~("^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$", )~"
    R"~("type": "string"}, "type": {"description": "The type of task represented by this )~"
    R"~(content", "enum": ["import", "api_image_import", "location_import"], "type": )~"
    R"~("string"}, "status": {"description": "The current status of this task", "enum": )~"
    R"~(["pending", "processing", "success", "failure"], "type": "string"}, "owner": )~"
    R"~({"description": "An identifier for the owner of this task", "type": "string"}, )~"
    R"~("image_id": {"description": "Image associated with the task", "type": "string"}, )~"
    R"~("request_id": {"description": "Human-readable informative request-id", "type": )~"
    R"~("string"}, "user_id": {"description": "User associated with the task", "type": )~"
    R"~("string"}, "expires_at": {"description": "Datetime when this resource would be )~"
    R"~(subject to removal", "type": ["null", "string"]}, "created_at": {"description": )~"
    R"~("Datetime when this resource was created", "type": "string"}, "updated_at": )~"
    R"~({"description": "Datetime when this resource was updated", "type": "string"}, )~"
    R"~("self": {"readOnly": true, "type": "string"}, "schema": {"readOnly": true, "type": )~"
    R"~("string"}}}}, "schema": {"type": "string"}}, "links": [{"rel": "describedby", )~"
    R"~("href": "{schema}"}]})~";

// clang-format on

struct Document {
  std::string_view path, text;
};
constexpr Document kDocuments[] = {
    {"/v2/schemas/image", kImageSchema},   {"/v2/schemas/images", kImagesSchema},
    {"/v2/schemas/member", kMemberSchema}, {"/v2/schemas/members", kMembersSchema},
    {"/v2/schemas/task", kTaskSchema},     {"/v2/schemas/tasks", kTasksSchema}};

}  // namespace

void add_schema_routes(resource::Service& service) {
  for (const Document& d : kDocuments) {
    service.route("GET", d.path, [text = d.text](resource::Call&) {
      return http::Response::json(200, std::string(text));
    });
  }
}

}  // namespace haneul::glance
