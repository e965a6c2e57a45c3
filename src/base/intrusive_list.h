// SPDX-License-Identifier: Apache-2.0
// Doubly linked list through a member-less base. The list owns nothing; a node that dies while it
// is linked unlinks itself, which is what makes waits cancellable by destruction.
#pragma once

#include "base/check.h"

namespace zerq {

class ListNode {
 public:
  ListNode() = default;
  ~ListNode() { unlink(); }
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  bool is_linked() const { return next_ != this; }
  void unlink() {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = this;
  }

 private:
  template <class T>
  friend class IntrusiveList;
  ListNode* next_ = this;
  ListNode* previous_ = this;
};

// T derives from ListNode.
template <class T>
class IntrusiveList {
 public:
  bool is_empty() const { return !head_.is_linked(); }
  void push_back(T& item) {
    ListNode& node = item;
    DCHECK(!node.is_linked());
    node.previous_ = head_.previous_;
    node.next_ = &head_;
    head_.previous_->next_ = &node;
    head_.previous_ = &node;
  }
  T* front() { return is_empty() ? nullptr : static_cast<T*>(head_.next_); }
  T* back() { return is_empty() ? nullptr : static_cast<T*>(head_.previous_); }
  T* pop_front() {
    T* item = front();
    if (item != nullptr) {
      static_cast<ListNode*>(item)->unlink();
    }
    return item;
  }
  // Moves every node of `other` to the end of this list.
  void splice_back(IntrusiveList& other) {
    while (T* item = other.pop_front()) {
      push_back(*item);
    }
  }
  template <class F>
  void for_each(F&& visit) {
    for (ListNode* node = head_.next_; node != &head_;) {
      ListNode* next = node->next_;
      visit(static_cast<T&>(*node));
      node = next;
    }
  }

 private:
  ListNode head_;
};

}  // namespace zerq
