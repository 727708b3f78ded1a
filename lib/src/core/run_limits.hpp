// The run machine's own time limits; those that a user sets are in RunLimits.
#pragma once

#include <chrono>

namespace daaa::core {

// Events are asked for only when a run does not get on by itself: most never need them.
inline constexpr std::chrono::milliseconds kMindEventsAfter{1500};
inline constexpr std::chrono::seconds kUserClaimPoll{2};
// After the Job's end its pods' last states may still be under way on another watch. It may have gone
// silent: then they are read.
inline constexpr std::chrono::seconds kSettle{5};
// Connections are cut all day; only contact lost for longer is worth a line.
inline constexpr std::chrono::seconds kTellLostContact{5};
// How long a Job may take from announcing its end to ending before it is worth a line.
inline constexpr std::chrono::seconds kTellAnnounced{5};
// A Job that has announced its failure ends when its pods have: never, where their node is lost for good.
inline constexpr std::chrono::minutes kLostNode{10};
// LSF gives ten seconds between its signals: the pods get six of them (DESIGN.md, section 5).
inline constexpr std::chrono::seconds kHurriedPods{6};
inline constexpr std::chrono::seconds kHurriedAll{9};
// A claim goes at once when its pods are gone, unless somebody else uses it.
inline constexpr std::chrono::seconds kHandOver{15};
// Before a clean-up gives up it asks for all that is left: the server finishes that by itself.
inline constexpr std::chrono::seconds kLastAsked{10};
// After the pods are gone nothing more comes of their logs.
inline constexpr std::chrono::seconds kLastLogs{2};

}  // namespace daaa::core
