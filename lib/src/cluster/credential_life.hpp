// How long a credential serves, against how long a run may take.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cluster/authenticator.hpp"

namespace daaa::cluster {

// One sentence where the credential ends before `limit` has passed and nothing renews it; empty
// otherwise. `limit` zero: the run has none, and the credential must end within four hours to be worth
// a word. `now` is the server's clock where it is known; seconds since the epoch.
std::string life_warning(const Authenticator& who, const std::string& origin, std::int64_t now,
                         std::chrono::seconds limit);

// "45 s", "55 min", "2 h 5 min", "3 d"
std::string in_words(std::chrono::seconds time);

}  // namespace daaa::cluster
