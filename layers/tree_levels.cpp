#include <unroll/layers/tree_levels.h>

#include <algorithm>
#include <bit>
#include <map>

namespace unroll {
namespace {

/// What nodes of one group have in common, in the order in which groups are computed.
struct GroupKey {
  Index height = 0;          // 0: a leaf
  std::size_t children = 0;  // rounded up to a power of two
  bool reads_x = false;

  friend auto operator<=>(const GroupKey&, const GroupKey&) = default;
};

/// A node while the groups are made.
struct Member {
  GroupKey key;
  std::size_t needed_at = 0;  // the group of its parent; 0: the root, which has none
  std::int32_t row = 0;  // a leaf's row in the leaves' states, an inner node's in the kept ones
};

/// The keys of a tree's nodes.
std::vector<Member> members_of(std::size_t number, std::span<const TreeNode> tree) {
  std::vector<Member> members(tree.size());
  std::vector<bool> has_parent(tree.size());
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const TreeNode& node = tree[i];
    GroupKey& key = members[i].key;
    key.children = node.children.empty() ? 0 : std::bit_ceil(node.children.size());
    key.reads_x = node.x.has_value();
    if (node.children.empty() && !node.x) {
      fail<Error>("TreeLevels: node {} of tree {} has no x and no children", i, number);
    }
    for (const Index child : node.children) {
      if (child < 0 || child >= static_cast<Index>(i)) {
        fail<Error>(
            "TreeLevels: node {} of tree {} has the child {}: children come before their parent", i,
            number, child);
      }
      const auto c = static_cast<std::size_t>(child);
      if (has_parent[c]) {
        fail<Error>("TreeLevels: node {} of tree {} is a child twice", child, number);
      }
      has_parent[c] = true;
      key.height = std::max(key.height, members[c].key.height + 1);
    }
  }
  return members;
}

/// How many rows of x a tree reads.
Index rows_of(std::size_t number, std::span<const TreeNode> tree) {
  Index rows = 0;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    if (!tree[i].x) continue;
    if (*tree[i].x < 0) {
      fail<Error>("TreeLevels: node {} of tree {} reads row {} of x", i, number, *tree[i].x);
    }
    rows = std::max(rows, *tree[i].x + 1);
  }
  return rows;
}

/// Makes the groups, one after the other.
class Grouping {
 public:
  using Place = TreeLevels::Place;
  using Group = TreeLevels::Group;

  explicit Grouping(std::span<const std::span<const TreeNode>> trees) : trees_(trees) {
    for (std::size_t t = 0; t < trees.size(); ++t) {
      members_.push_back(members_of(t, trees[t]));
      first_row_.push_back(rows_);
      rows_ += rows_of(t, trees[t]);
      for (std::size_t i = 0; i < trees[t].size(); ++i) {
        nodes_of_[members_[t][i].key].push_back({t, static_cast<Index>(i)});
      }
    }
    std::size_t group = 0;
    for (const auto& [key, nodes] : nodes_of_) {
      for (const Place place : nodes) {
        for (const Index child : node(place).children) {
          member({place.tree, child}).needed_at = group;
        }
      }
      ++group;
    }
  }

  void fill(TreeLevels& levels) {
    for (const auto& [key, nodes] : nodes_of_) {
      Group group;
      if (key.reads_x) {
        for (const Place place : nodes) {
          group.x.push_back(static_cast<std::int32_t>(first_row_[place.tree] + *node(place).x));
        }
      }
      if (key.height == 0) {
        for (std::size_t i = 0; i < nodes.size(); ++i) {
          member(nodes[i]).row = static_cast<std::int32_t>(i);
        }
      } else {
        add_children(nodes, group);
        keep(nodes, levels.groups.size(), group);
      }
      levels.places.insert(levels.places.end(), nodes.begin(), nodes.end());
      levels.groups.push_back(std::move(group));
    }
    levels.rows = rows_;
  }

 private:
  /// Where the children of the nodes of a group stand in its table.
  void add_children(const std::vector<Place>& nodes, Group& group) const {
    std::size_t most = 0;
    for (const Place place : nodes) {
      most = std::max(most, node(place).children.size());
      for (const Index child : node(place).children) {
        const Member& of_child = member({place.tree, child});
        if (of_child.key.height == 0) group.leaves.push_back(of_child.row);
      }
    }
    group.children.assign(most, std::vector<std::int32_t>(nodes.size(), 0));
    const auto first_kept = static_cast<std::int32_t>(1 + group.leaves.size());
    std::int32_t next_leaf = 1;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const std::vector<Index>& children = node(nodes[i]).children;
      for (std::size_t k = 0; k < children.size(); ++k) {
        const Member& child = member({nodes[i].tree, children[k]});
        group.children[k][i] = child.key.height == 0 ? next_leaf++ : first_kept + child.row;
      }
    }
  }

  /// Which of the kept nodes, and of those of this group, a later group reads.
  void keep(const std::vector<Place>& nodes, std::size_t number, Group& group) {
    std::vector<Place> candidates = std::move(kept_);
    candidates.insert(candidates.end(), nodes.begin(), nodes.end());
    kept_.clear();
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (member(candidates[i]).needed_at <= number) continue;
      group.kept.push_back(static_cast<std::int32_t>(i));
      member(candidates[i]).row = static_cast<std::int32_t>(kept_.size());
      kept_.push_back(candidates[i]);
    }
  }

  [[nodiscard]] const TreeNode& node(Place place) const {
    return trees_[place.tree][static_cast<std::size_t>(place.node)];
  }
  [[nodiscard]] const Member& member(Place place) const {
    return members_[place.tree][static_cast<std::size_t>(place.node)];
  }
  Member& member(Place place) { return members_[place.tree][static_cast<std::size_t>(place.node)]; }

  std::span<const std::span<const TreeNode>> trees_;
  std::vector<std::vector<Member>> members_;  // by tree and node
  std::vector<Index> first_row_;              // of x, by tree
  Index rows_ = 0;
  std::map<GroupKey, std::vector<Place>> nodes_of_;
  std::vector<Place> kept_;  // inner nodes that a later group reads
};

}  // namespace

TreeLevels::TreeLevels(std::span<const std::span<const TreeNode>> trees) {
  Grouping(trees).fill(*this);
  if (places.empty()) fail<Error>("TreeLevels: there is no node");
}

}  // namespace unroll
