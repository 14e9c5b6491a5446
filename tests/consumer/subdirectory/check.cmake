# SPDX-License-Identifier: Apache-2.0
# Nothing of narrowfp but its library is built in a user's project, and no variable of the user's is changed.
foreach(target IN ITEMS narrowfp_program narrowfp_test_main example_01)
    if(TARGET ${target})
        message(FATAL_ERROR "${target} exists in the user's project")
    endif()
endforeach()
foreach(variable IN ITEMS CMAKE_CXX_STANDARD CMAKE_POSITION_INDEPENDENT_CODE CMAKE_CXX_EXTENSIONS)
    if(DEFINED ${variable})
        message(FATAL_ERROR "${variable} is set to '${${variable}}' in the user's project")
    endif()
endforeach()
