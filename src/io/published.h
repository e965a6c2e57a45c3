// SPDX-License-Identifier: Apache-2.0
// Published<T>: an immutable value that control hands to every shard (architecture §4). A shard
// holds one reference and counts the pins of its exchanges in a plain integer: no read-modify-
// write on a line that cores share. When the pins of an old value reach zero, the shard mails the
// reference back and the control thread destroys it.
//
//   PublishedSlot<T>  rung Shard: the current value and the older ones still pinned.
//   Pin<T>            rung Exchange: keeps one value alive; moves, never copies.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/check.h"

namespace zerq::io {

template <class T>
class PublishedSlot;

template <class T>
struct PinnedValue {
  std::shared_ptr<const T> value;
  uint64_t pins = 0;
};

template <class T>
class Pin {
 public:
  Pin() = default;
  Pin(Pin&& other) noexcept
      : slot_(std::exchange(other.slot_, nullptr)), entry_(std::exchange(other.entry_, nullptr)) {}
  Pin& operator=(Pin&& other) noexcept {
    if (this != &other) {
      reset();
      slot_ = std::exchange(other.slot_, nullptr);
      entry_ = std::exchange(other.entry_, nullptr);
    }
    return *this;
  }
  ~Pin() { reset(); }
  bool is_valid() const { return entry_ != nullptr; }
  const T& operator*() const { return *entry_->value; }
  const T* operator->() const { return entry_->value.get(); }
  // The control-side reference, for what outlives the exchange's pin (tunnels, long streams).
  std::shared_ptr<const T> share() const { return entry_->value; }
  void reset();

 private:
  friend class PublishedSlot<T>;
  Pin(PublishedSlot<T>* slot, PinnedValue<T>* entry) : slot_(slot), entry_(entry) {}
  PublishedSlot<T>* slot_ = nullptr;
  PinnedValue<T>* entry_ = nullptr;
};

template <class T>
class PublishedSlot {
 public:
  // Receives each retired reference, on the shard's thread; must pass it to the control thread.
  using Retire = std::move_only_function<void(std::shared_ptr<const T>)>;
  explicit PublishedSlot(Retire retire) : retire_(std::move(retire)) {}
  ~PublishedSlot() {
    if (current_ != nullptr) {
      drop_if_unpinned(std::exchange(current_, nullptr));
    }
    DCHECK(entries_.empty());
  }
  PublishedSlot(const PublishedSlot&) = delete;
  PublishedSlot& operator=(const PublishedSlot&) = delete;

  void set(std::shared_ptr<const T> value) {
    entries_.push_back(std::make_unique<PinnedValue<T>>(PinnedValue<T>{std::move(value), 0}));
    PinnedValue<T>* old = std::exchange(current_, entries_.back().get());
    if (old != nullptr) {
      drop_if_unpinned(old);
    }
  }
  bool has_value() const { return current_ != nullptr; }
  const T& current() const { return *current_->value; }
  Pin<T> pin() {
    ++current_->pins;
    return Pin<T>(this, current_);
  }
  size_t values_alive() const { return entries_.size(); }

 private:
  friend class Pin<T>;
  void unpin(PinnedValue<T>* entry) {
    DCHECK(entry->pins > 0);
    if (--entry->pins == 0 && entry != current_) {
      drop_if_unpinned(entry);
    }
  }
  void drop_if_unpinned(PinnedValue<T>* entry) {
    if (entry->pins != 0) {
      return;
    }
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->get() == entry) {
        retire_(std::move(entry->value));
        entries_.erase(it);
        return;
      }
    }
  }

  Retire retire_;
  std::vector<std::unique_ptr<PinnedValue<T>>> entries_;
  PinnedValue<T>* current_ = nullptr;
};

template <class T>
void Pin<T>::reset() {
  if (entry_ != nullptr) {
    std::exchange(slot_, nullptr)->unpin(std::exchange(entry_, nullptr));
  }
}

}  // namespace zerq::io
