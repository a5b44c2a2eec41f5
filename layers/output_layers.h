#pragma once
/// Output layers for large vocabularies: a distribution over many words at a small part of the cost
/// of a softmax over all of them.

#include <unroll/layers/softmax/adaptive.h>
#include <unroll/layers/softmax/class_factored.h>
#include <unroll/layers/softmax/hierarchical.h>
#include <unroll/layers/softmax/sampled.h>
