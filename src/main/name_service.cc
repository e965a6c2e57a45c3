// SPDX-License-Identifier: Apache-2.0
#include "main/name_service.h"

#include <initializer_list>

#include <nss.h>

namespace zerq {

void pin_name_service() {
  for (const char* database : {"hosts", "passwd", "group", "services"}) {
    __nss_configure_lookup(database, "files dns");
  }
}

}  // namespace zerq
