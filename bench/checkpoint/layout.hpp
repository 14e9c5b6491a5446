// SPDX-License-Identifier: Apache-2.0
// A layout is one way in which quantised checkpoints name and arrange codes and scales. It says whether it recognises the
// files and pairs their tensors; what it does not take is a tensor of the model as it is. Each is one file in layouts/ and
// one line in detect.cpp; nothing else knows names or shapes of a layout.
#pragma once

#include "checkpoint/checkpoint_files.hpp"
#include "checkpoint/logical_tensor.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace narrowfp::bench {

// The tensors of a checkpoint while a layout pairs them.
class claims {
public:
    explicit claims(const checkpoint_files& files);

    const checkpoint_files& files() const { return *files_; }

    // Those that are not taken yet, in the order of the files.
    std::vector<const stored_tensor*> open() const;
    // Of those; nullptr if there is none of that name.
    const stored_tensor* find(const std::string& name) const;
    // As find; throws std::invalid_argument that names the codes, the missing tensor and where it could be.
    const stored_tensor& require(const stored_tensor& codes, const std::string& name) const;

    // Takes codes and scales. The first form restores shape and name as those of the codes.
    void add(logical_tensor tensor);
    void add(logical_tensor tensor, std::string name, std::vector<std::size_t> shape);
    // Takes a tensor that is no part of the model: a marker, a scale of activations.
    void drop(const stored_tensor& tensor, std::string why);
    void note(std::string text) { notes_.push_back(std::move(text)); }

    std::size_t added() const { return added_.size(); }
    const std::vector<dropped_tensor>& dropped() const { return dropped_; }
    const std::vector<std::string>& notes() const { return notes_; }

    // Added tensors in the place of their codes, and all that are still open.
    std::vector<stored_tensor> tensors_of_model() const;

private:
    void take(const stored_tensor& tensor);

    const checkpoint_files* files_;
    std::map<std::string_view, const stored_tensor*> open_;
    std::map<const stored_tensor*, stored_tensor> added_;  // by codes
    std::vector<dropped_tensor> dropped_;
    std::vector<std::string> notes_;
};

struct checkpoint_layout {
    std::string_view name;
    bool (*recognises)(const checkpoint_files& files);
    // Throws std::invalid_argument that names tensor or key for what does not fit the layout.
    void (*claim)(claims& all);
};

// std::invalid_argument about a tensor: "'FILE': tensor 'NAME' WHY".
[[noreturn]] void refuse_tensor(const stored_tensor& tensor, const std::string& why);

// -- layouts, in files of their names ---------------------------------------------------------------------------------
extern const checkpoint_layout narrowfp_layout;
extern const checkpoint_layout deepseek_layout;
extern const checkpoint_layout compressed_tensors_layout;
extern const checkpoint_layout modelopt_layout;
extern const checkpoint_layout gpt_oss_layout;
extern const checkpoint_layout comfyui_layout;
extern const checkpoint_layout torchao_layout;
extern const checkpoint_layout mlx_layout;
extern const checkpoint_layout fbgemm_layout;
extern const checkpoint_layout quark_layout;
extern const checkpoint_layout autofp8_layout;
extern const checkpoint_layout mistral_layout;
extern const checkpoint_layout gguf_layout;

}  // namespace narrowfp::bench
