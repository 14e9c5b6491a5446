# SPDX-License-Identifier: Apache-2.0
# The PLUGIN needs no relocation of its code, and the HOST can load and call it. READELF: the program readelf.
cmake_minimum_required(VERSION 3.25)

execute_process(COMMAND "${READELF}" -d "${PLUGIN}" OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
if(dynamic MATCHES "TEXTREL")
    message(FATAL_ERROR "${PLUGIN}: its code is not position independent\n${dynamic}")
endif()
execute_process(COMMAND "${HOST}" "${PLUGIN}" COMMAND_ERROR_IS_FATAL ANY)
