/* An inventory for programs, without OpenCL's types, and as JSON. */
#include "device/inventory.h"

#include "base/json.h"
#include "device/caps.h"
#include "device/matrix.h"
#include "device/rank.h"

size_t locl_inventory_devices(const locl_inventory *inventory)
{
    return inventory->count;
}

void locl_inventory_describe(const locl_inventory *inventory, size_t index, locl_device_entry *out)
{
    const locl_device_info *info = &inventory->info[index];
    *out = (locl_device_entry){
        .selector = info->selector,
        .stable = info->stable,
        .pci = info->pci,
        .uuid = info->uuid,
        .board = info->board,
        .type = locl_device_type_name(info->caps.type),
        .name = info->name,
        .vendor = info->vendor,
        .platform = info->platform,
        .platform_version = info->platform_version,
        .version = info->version,
        .driver = info->driver,
        .same_as = info->twin ? info->twin->selector : NULL,
        .matrix = locl_matrix_name(info->caps.matrix),
        .peak = locl_rank_peak(&info->caps),
        .rate = info->rate,
        .problem = info->problem,
        .problems = info->problems,
    };
#define MEMBER(field, kind) out->field = info->caps.field;
    LOCL_CAPS_NUMBERS(MEMBER)
    LOCL_CAPS_FLAGS(MEMBER)
#undef MEMBER
}

size_t locl_inventory_problems(const locl_inventory *inventory, const locl_problem **out)
{
    *out = inventory->problem;
    return inventory->problems;
}

static json_t *problems_json(const locl_problem *problem, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(array, json_pack("{s:o, s:o}", "text", locl_json_text(problem[i].text),
                                               "remedy", locl_json_text(problem[i].remedy)));
    }
    return array;
}

static json_t *device_json(const locl_device_entry *device)
{
    json_t *object = json_object();
#define TEXT(field) json_object_set_new(object, #field, locl_json_text(device->field));
#define NUMBER(field, kind) json_object_set_new(object, #field, json_integer((json_int_t)device->field));
#define FLAG(field, kind) json_object_set_new(object, #field, json_boolean(device->field));
    TEXT(selector)
    TEXT(stable)
    TEXT(pci)
    TEXT(uuid)
    TEXT(board)
    TEXT(type)
    TEXT(name)
    TEXT(vendor)
    TEXT(platform)
    TEXT(platform_version)
    TEXT(version)
    TEXT(driver)
    json_object_set_new(object, "same_as", device->same_as ? json_string(device->same_as) : json_null());
    LOCL_CAPS_NUMBERS(NUMBER)
    LOCL_CAPS_FLAGS(FLAG)
    TEXT(matrix)
    json_object_set_new(object, "peak", json_real(device->peak));
    json_object_set_new(object, "rate", device->rate > 0 ? json_real(device->rate) : json_null());
#undef TEXT
#undef NUMBER
#undef FLAG
    json_object_set_new(object, "problems", problems_json(device->problem, device->problems));
    return object;
}

locl_status locl_inventory_to_json(const locl_inventory *inventory, char **out, locl_error *err)
{
    LOCL_OWN_ERROR(err);
    json_t *devices = json_array(), *root = json_object();
    for (size_t i = 0; i < inventory->count; i++) {
        locl_device_entry device;
        locl_inventory_describe(inventory, i, &device);
        json_array_append_new(devices, device_json(&device));
    }
    json_object_set_new(root, "devices", devices);
    json_object_set_new(root, "problems", problems_json(inventory->problem, inventory->problems));
    return locl_json_print(root, JSON_INDENT(2), out, err);
}
