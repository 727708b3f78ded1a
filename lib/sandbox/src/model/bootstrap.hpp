// What a fresh cluster holds.
#pragma once

#include "model/world.hpp"

namespace daaa::sandbox {

// Namespaces with their service accounts, the CSI drivers, and dean's bound workspace claim.
void bootstrap(World& world);
// The service account `default` that every namespace has.
void add_service_account(World& world, const std::string& ns, const std::string& name);

}  // namespace daaa::sandbox
