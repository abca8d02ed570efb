/* PushSubscription/get and PushSubscription/set (RFC 8620 7.2). A push to a service of the Internet
 * would tell others who gets mail when: there are none, and none can be made. EventSource tells
 * clients instead (push.c). */
#include "jmap/arguments.h"
#include "jmap/methods.h"

JmapVerdict jmap_push_subscription_get(JmapCall *call) {
    g_autoptr(GPtrArray) ids = NULL;
    if (!jmap_take_ids(call, "ids", jmap_service(call)->limits.objects_get, &ids))
        return JMAP_DONE;
    json_t *missing = json_array();
    for (guint i = 0; ids != NULL && i < ids->len; i++)
        json_array_append_new(missing, json_string(ids->pdata[i]));
    return jmap_answer(call, json_pack("{soso}", "list", json_array(), "notFound", missing));
}

JmapVerdict jmap_push_subscription_set(JmapCall *call) {
    g_auto(JmapSet) wanted = {0};
    const char *key;
    json_t *object, *created = json_object(), *updated = json_object(), *destroyed = json_object();
    if (!jmap_take_set(call, &wanted)) {
        json_decref(created);
        json_decref(updated);
        json_decref(destroyed);
        return JMAP_DONE;
    }
    json_object_foreach(wanted.create, key, object) json_object_set_new(
        created, key,
        jmap_set_error("forbidden", "Hệ thống không gửi thông báo qua dịch vụ bên ngoài; "
                                    "nothing is pushed through services of others"));
    json_object_foreach(wanted.update, key, object)
        json_object_set_new(updated, key, jmap_set_error("notFound", NULL));
    for (guint i = 0; wanted.destroy != NULL && i < wanted.destroy->len; i++)
        json_object_set_new(destroyed, wanted.destroy->pdata[i], jmap_set_error("notFound", NULL));
    return jmap_answer(call,
                       json_pack("{snsnsnsososo}", "created", "updated", "destroyed", "notCreated",
                                 created, "notUpdated", updated, "notDestroyed", destroyed));
}
